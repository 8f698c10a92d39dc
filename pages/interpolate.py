"""Interpolate: films and grids between images of a model, and how the image changes on the way."""

import streamlit as st

from serving.public_files import NotBuiltError, assets
from ui.explorer import interpolation
from ui.interpolate.charts import show_charts
from ui.model_picker import choose_model
from ui.plain_words import told


def show_page() -> None:
    """The picker in one row, the paths below it, then the charts; or why it cannot be shown."""
    model = choose_model("Interpolate")
    if model is None:
        return
    try:
        interpolation(model, assets(), show_charts)
    except NotBuiltError as error:
        st.error(told(error), title="The explorer is not built", icon=":material/build:")


show_page()

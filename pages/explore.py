"""Explore: drag through the latent space of a model and see what it decodes."""

import streamlit as st

from serving.public_files import NotBuiltError
from ui.explorer import explorer
from ui.model_picker import choose_model
from ui.plain_words import told


def show_page() -> None:
    """The picker in one row, the explorer below it; or why it cannot be shown."""
    model = choose_model("Latent Explorer")
    if model is None:
        return
    try:
        explorer(model)
    except NotBuiltError as error:
        st.error(told(error), title="The explorer is not built", icon=":material/build:")


show_page()

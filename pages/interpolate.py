"""Interpolate: films and grids between images of a model, and how the image changes on the way."""

import streamlit as st

from serving.models import ExplorableModel
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
    scenes: dict[str, str] = st.session_state.setdefault("scenes", {})
    try:
        show_paths(model, assets(), scenes.get(model.summary.name))
    except NotBuiltError as error:
        st.error(told(error), title="The explorer is not built", icon=":material/build:")


@st.fragment
def show_paths(model: ExplorableModel, files: dict[str, str], scene: str | None) -> None:
    """A scene that has come to rest runs this fragment and no more; `scene` stays what it was at the last full run."""
    kept, report = interpolation(model, files, scene)
    if kept is not None:
        st.session_state["scenes"][model.summary.name] = kept
    if report is not None:
        show_charts(model, report)


show_page()

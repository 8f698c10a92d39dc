"""Compare: two to four models beside each other, their figures, their maps with one probe, and their training."""

import streamlit as st

from serving.public_demo import read_only
from serving.public_files import NotBuiltError
from ui.compare.choice import choose_models
from ui.compare.comparison_tables import show_tables
from ui.compare.curves import show_curves
from ui.compare.maps import show_maps
from ui.model_picker import show_ways_to_a_model
from ui.plain_words import told
from vae_core.collection.comparison import FEWEST
from vae_core.collection.records import find_collection


def show_page() -> None:
    """The picker in one row; below it what the models are, what they draw, and how they came to it."""
    records = find_collection().records
    row, notes = st.container(horizontal=True, vertical_alignment="center"), st.container()
    with row:
        st.markdown("#### Compare", width="content")
        if len(records) >= FEWEST:
            chosen = choose_models(records, notes)
    if len(records) < FEWEST:
        _show_too_few(len(records))
        return
    if len(chosen) < FEWEST:
        _show_what_to_do(len(chosen))
        return
    show_tables(chosen)
    try:
        show_maps(chosen)
    except NotBuiltError as error:
        st.error(told(error), title="The browser half is not built", icon=":material/build:")
    show_curves(chosen)


def _show_too_few(count: int) -> None:
    """Nothing can be compared yet."""
    st.markdown("There is no model yet." if count == 0 else "There is one model, and comparing takes two.")
    if read_only():
        st.caption("This demo shows models that others have trained. Come back later.")
    else:
        show_ways_to_a_model()


def _show_what_to_do(count: int) -> None:
    more = "Choose another model" if count else "Choose two to four models above"
    st.markdown(
        f"{more}: then their settings and figures stand side by side, their maps light up the same images, and one "
        "probe moves in all of them. Models of the same data can be compared in everything."
    )
    st.page_link(st.session_state["models page"], label="Look at the models", icon=":material/photo_library:")


show_page()

"""What is asked before something is done to a model: its title and notes, how its map is drawn, what cannot be done."""

import streamlit as st

from serving.mappings import MAPPINGS
from ui.models.deeds import attempt, forget_wish
from ui.models.images_at_hand import hinders_mapping
from ui.plain_words import literal, told
from vae_core.checkpoint.about import hinders_keeping
from vae_core.checkpoint.card import training_command
from vae_core.collection.changes import describe
from vae_core.collection.records import ModelRecord

METHODS = {
    "as it suits the model": None,
    "UMAP: neighbours stay neighbours": "umap",
    "PCA: the plane of the largest spread": "pca",
}


@st.dialog("Title and notes", icon=":material/edit:", on_dismiss=forget_wish)
def edit(record: ModelRecord) -> None:
    """A model's title and notes; the folder keeps its name, and links go on working."""
    with st.form("title and notes", border=False):
        title = st.text_input("Title", record.title, key=f"new title {record.name}")
        notes = st.text_area("Notes", record.summary.about.notes, key=f"notes {record.name}")
        st.caption(f"Links to it go on working: its folder is called {literal(record.name)} all the same.")
        saved = st.form_submit_button("Save", type="primary")
    if saved and (reason := hinders_keeping(title, notes)) is not None:
        st.error(reason, icon=":material/error:")
    elif saved:
        title = "" if title.strip() == record.name else title
        if attempt(describe, record.summary.path, title=title, notes=notes) is not None:
            forget_wish()
            st.rerun()


@st.dialog("Map anew", icon=":material/map:", on_dismiss=forget_wish)
def map_anew(record: ModelRecord) -> None:
    """How the map is to be drawn; until it is done the old one stays."""
    if (reason := hinders_mapping(record.summary)) is not None:
        st.warning(told(reason), icon=":material/image_not_supported:")
        return
    st.markdown(f"The map of {literal(record.title)} is drawn again, of the images that it was trained on.")
    two = record.summary.model.latent_dim == 2
    method = st.selectbox(
        "Method",
        list(METHODS),
        key=f"method {record.name}",
        help="It suits this model to show its two dimensions as they are." if two else "UMAP suits this model.",
    )
    st.caption("It takes some minutes. The model can be explored meanwhile, with the map that it has.")
    if st.button("Draw the map", type="primary", icon=":material/map:"):
        MAPPINGS.start(record.summary.path, METHODS[method])
        forget_wish()
        st.rerun()


@st.dialog("Train again", icon=":material/model_training:", on_dismiss=forget_wish)
def cannot_train_again(record: ModelRecord, reason: str) -> None:
    """Why the Train page cannot be filled in, and the command that does the same."""
    st.warning(told(reason), icon=":material/image_not_supported:")
    if record.summary.origin is None:
        st.caption("With the images at hand, this command trains the model again:")
        st.code(training_command(record.summary), language="bash", wrap_lines=True)

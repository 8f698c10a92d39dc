"""Bringing a model that was trained elsewhere: what is handed in, what it is, what must be asked, and its taking."""

from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from serving.bringings import Bringing
from serving.mappings import MAPPINGS
from ui.models.bring_look import show_look
from ui.models.images_at_hand import hinders_mapping
from ui.models.work_under_way import has_ended
from ui.plain_words import literal, told
from ui.uploaded_names import with_own_names
from vae_core.checkpoint.listing import find_checkpoint
from vae_core.errors import CheckpointError, ImportingError
from vae_core.runs.report import diagnose

OPEN, BRINGING = "a model is brought", "the model that is brought"
FILES, PLACE = "model files", "model place"
PROBLEM = "why a model was not kept"


def offer_bringing() -> None:
    """The button that opens what `show_bringing` shows."""
    if not is_open():
        st.button("Bring a model", icon=":material/add:", key="bring", on_click=_open)


def is_open() -> bool:
    """Whether somebody is about to bring a model."""
    return bool(st.session_state.get(OPEN))


@st.fragment
def show_bringing() -> None:
    """One step after the other, in the same place."""
    with st.container(border=True, key="bringing"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("##### Bring a model", width="stretch")
            if st.button("Close", key="close bringing", icon=":material/close:", type="tertiary"):
                _close()
                st.rerun()
        bringing: Bringing | None = st.session_state.get(BRINGING)
        if bringing is None:
            _ask_for_it()
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"From {literal(bringing.title)}", width="content")
            st.button("Another", key="another model", icon=":material/undo:", on_click=_drop, type="tertiary")
        if bringing.taking is None:
            show_look(bringing)
        else:
            _show_taking(bringing)


def _ask_for_it() -> None:
    st.markdown(
        "A VAE that was trained elsewhere. Nothing that it contains is run: it is looked at first, and shown, and "
        "becomes a model here when you say so."
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.file_uploader(
            "Its files, or one ZIP of them",
            accept_multiple_files=True,
            key=FILES,
            on_change=_take_files,
            help="The files stay on the machine that runs this app. At most 2 GiB together.",
        )
    with right:
        st.text_input(
            "Or where it lies",
            key=PLACE,
            placeholder="A folder or file of this machine, or owner/name of Hugging Face",
            on_change=_take_place,
        )
        st.caption(
            "What is taken: a model of Latent Explorer; a decoder as ONNX, with an encoder if there is one; a folder "
            "of pythae; weights (.pt, .safetensors) of networks that many have copied. A small model.json beside "
            "them may say what they leave open."
        )
    if (problem := st.session_state.pop(PROBLEM, None)) is not None:
        st.error(told(problem), title="The files could not be kept", icon=":material/error:")


def _show_taking(bringing: Bringing) -> None:
    taking = bringing.taking
    assert taking is not None
    if not has_ended(taking, partial(_stop_taking, bringing)):
        return
    if taking.problem is not None:
        st.error(told(taking.problem), title="The model could not be taken", icon=":material/error:")
        st.button("Back", key="back to the look", icon=":material/arrow_back:", on_click=_back, args=(bringing,))
        return
    if not bringing.seen:
        bringing.seen = True
        _map(taking.answer["name"])
        st.rerun()  # the whole page: there is a card more
    _show_taken(taking.answer["name"])


def _show_taken(name: str) -> None:
    try:
        summary = find_checkpoint(name)
    except CheckpointError as error:  # deleted since
        st.info(told(error))
        return
    st.success(f"{literal(summary.title)} is one of the models here.", icon=":material/check_circle:")
    for note in () if summary.origin is None else summary.origin.notes:
        st.caption(f":material/info: {told(note)}")
    if summary.explorer_manifest is not None:
        st.page_link(
            st.session_state["explore page"],
            label="Open in Explore",
            icon=":material/explore:",
            query_params={"model": name},
        )
    elif (mapping := MAPPINGS.of(summary.path)) is None:
        st.caption(told(hinders_mapping(summary) or "It has no map yet: draw it from the menu of its card."))
    elif mapping.done:
        st.error(told(mapping.problem or ""), title="Its map could not be drawn", icon=":material/error:")
        st.caption("Draw it again from the menu of its card.")
    else:
        st.caption("Its map is being drawn, as its card shows.")


def _map(name: str) -> None:
    """Of a model of our own that came without its map."""
    try:
        summary = find_checkpoint(name)
    except CheckpointError:
        return
    if summary.explorer_manifest is None and hinders_mapping(summary) is None:
        MAPPINGS.start(summary.path, None)


def _take_files() -> None:
    files: Sequence[UploadedFile] = st.session_state[FILES]
    if files:
        _begin("", files)


def _take_place() -> None:
    if place := st.session_state[PLACE].strip():
        _begin(place, ())


def _begin(place: str, files: Sequence[UploadedFile]) -> None:
    _drop()
    try:
        st.session_state[BRINGING] = Bringing(place, with_own_names(files))
    except ImportingError as error:
        st.session_state[PROBLEM] = str(error)
    except OSError as error:
        st.session_state[PROBLEM] = diagnose(error).words


def _open() -> None:
    st.session_state[OPEN] = True


def _drop() -> None:
    """What was handed in is forgotten; of a model that is being taken, its taking is stopped."""
    bringing: Bringing | None = st.session_state.pop(BRINGING, None)
    if bringing is not None:
        bringing.close()


def _close() -> None:
    _drop()
    st.session_state.pop(OPEN, None)


def _back(bringing: Bringing) -> None:
    bringing.taking = None


def _stop_taking(bringing: Bringing) -> None:
    if bringing.taking is not None:
        bringing.taking.stop()
        bringing.taking = None

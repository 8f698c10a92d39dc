"""The trash, below the models: what was deleted, the way back, and the end of it."""

import time

import streamlit as st

from ui.models.deeds import empty, restore_model
from ui.models.facts import size_words
from ui.plain_words import literal
from vae_core.collection.changes import Deleted

SURE = "whether the trash is to be emptied"
SHOWN = 50


def show_trash(deleted: list[Deleted]) -> None:
    """Nothing where nothing was deleted."""
    if not deleted:
        st.session_state.pop(SURE, None)
        return
    size = size_words(sum(each.size for each in deleted))
    with st.expander(f"Trash: {_count(deleted)}, {size}", icon=":material/delete:"):
        for each in deleted[:SHOWN]:
            _show(each)
        if len(deleted) > SHOWN:
            st.caption(f"… and {len(deleted) - SHOWN:,} more, deleted before these.")
        if st.session_state.get(SURE):
            _ask(deleted)
        else:
            st.button("Empty the trash", icon=":material/delete_forever:", on_click=_be_asked)


def _show(deleted: Deleted) -> None:
    when = time.strftime("%d %B %Y, %H:%M", time.localtime(deleted.deleted_at)).lstrip("0")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{literal(deleted.title)}, deleted on {when}, {size_words(deleted.size)}", width="stretch")
        st.button(
            "Restore",
            key=f"restore {deleted.place}",
            icon=":material/restore_from_trash:",
            on_click=restore_model,
            args=(deleted,),
        )


def _ask(deleted: list[Deleted]) -> None:
    """Nothing brings back what is removed here."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(f"Remove {_count(deleted)} for good? Nothing brings that back.", width="stretch")
        st.button("Remove for good", type="primary", on_click=_empty, args=(deleted,))
        st.button("Cancel", key="keep the trash", on_click=_forget)


def _be_asked() -> None:
    st.session_state[SURE] = True


def _forget() -> None:
    st.session_state.pop(SURE, None)


def _empty(deleted: list[Deleted]) -> None:
    _forget()
    empty(deleted)


def _count(deleted: list[Deleted]) -> str:
    return f"{len(deleted):,} model{'s' * (len(deleted) > 1)}"

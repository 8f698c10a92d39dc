"""What is done to a model from its card, and what the page remembers of that: what was deleted here can come back."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from ui.plain_words import told
from vae_core.collection.changes import Deleted, delete, empty_trash, restore
from vae_core.collection.records import ModelRecord
from vae_core.errors import UserError
from vae_core.runs.report import diagnose

EDIT, AGAIN, MAP, GIVE = "Title and notes", "Train again with these settings", "Map anew", "Give away"
COMPARE = "Compare with …"
DELETE = "Delete"
ICONS = {
    EDIT: ":material/edit:",
    AGAIN: ":material/model_training:",
    MAP: ":material/map:",
    COMPARE: ":material/compare:",
    GIVE: ":material/redeem:",
    DELETE: ":material/delete:",
}
WISH = "what is asked for a model"  # (deed, name): what the page opens when it has been drawn
GHOSTS = "models deleted here"  # by name: the model as it was, and where it is in the trash


def remember_wish(key: str, name: str) -> None:
    """Hears the menu of a card."""
    deed = st.session_state[key]
    if deed is not None:
        st.session_state[WISH] = deed, name


def wish() -> tuple[str, str] | None:
    """What is asked for, and of which model; a dialog stays open whatever else runs the page again."""
    wished: tuple[str, str] | None = st.session_state.get(WISH)
    return wished


def forget_wish() -> None:
    """It is done, or not wanted any more."""
    st.session_state.pop(WISH, None)


def delete_model(record: ModelRecord) -> None:
    """Moves it to the trash; its card stays in its place and offers to undo that."""
    if (deleted := attempt(delete, record.summary.path)) is not None:
        st.session_state.setdefault(GHOSTS, {})[record.name] = record, deleted


def ghosts(trash: list[Deleted]) -> dict[str, tuple[ModelRecord, Deleted]]:
    """What was deleted on this page and lies in the trash still."""
    there = {deleted.place for deleted in trash}
    kept: dict[str, tuple[ModelRecord, Deleted]] = st.session_state.get(GHOSTS, {})
    st.session_state[GHOSTS] = {name: entry for name, entry in kept.items() if entry[1].place in there}
    return dict(st.session_state[GHOSTS])


def hide_ghost(name: str) -> None:
    """The place of a deleted model is given up; it stays in the trash."""
    st.session_state.get(GHOSTS, {}).pop(name, None)


def restore_model(deleted: Deleted) -> None:
    """Brings a deleted model back."""
    attempt(restore, deleted.name, deleted.place)


def empty(deleted: list[Deleted]) -> None:
    """Removes for good what was seen in the trash."""
    attempt(empty_trash, [each.place for each in deleted])


def attempt(act: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What an act returns; None, with the reason told, where it cannot be done."""
    try:
        return act(*arguments, **named)
    except UserError as error:
        st.toast(told(error), duration="long", icon=":material/error:")
    except OSError as error:
        st.toast(told(diagnose(error).words), duration="long", icon=":material/error:")
    return None

"""The settings of what lessons train. They stay while other lessons are on show, and with them what was found."""

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

Choice = TypeVar("Choice")

KEPT = "what lessons were set to"


def chosen(key: str, first: Choice) -> Choice:
    """What a setting is now; `first` until somebody has chosen."""
    kept: dict[str, Choice] = st.session_state.get(KEPT, {})
    now: Choice | None = st.session_state.get(key)
    return kept.get(key, first) if now is None else now


def choose(label: str, choices: Sequence[Choice], first: Choice, key: str) -> Choice:
    """Offers a setting, at `first` until another is chosen."""
    begin_with(key, first)
    now = st.segmented_control(label, choices, required=True, key=key)
    return keep(key, first if now is None else now)


def begin_with(key: str, first: Choice) -> None:
    """What a widget that comes onto the page is set to: what it was set to when it left, or `first`."""
    if key not in st.session_state:
        st.session_state[key] = chosen(key, first)


def keep(key: str, now: Choice) -> Choice:
    """Notes what a widget is set to: Streamlit forgets that of those that leave the page."""
    st.session_state.setdefault(KEPT, {})[key] = now
    return now


def draws(lesson: str) -> int:
    """The seed of a lesson's draws."""
    return int(st.session_state.get(f"{lesson} draws", 0))


def offer_other_draws(lesson: str) -> None:
    """A button for another seed: what is chance will be different, what is not will not."""
    st.button(
        "Other draws",
        icon=":material/casino:",
        help="Other first weights, images and noise: what is chance will be different",
        on_click=_draw_again,
        args=(lesson,),
    )


def _draw_again(lesson: str) -> None:
    st.session_state[f"{lesson} draws"] = draws(lesson) + 1

"""The lessons, Python's half: mounts the browser half, and puts what trains below the lesson that it belongs to."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from serving.public_demo import read_only
from serving.public_files import ASSETS_ADDRESS
from ui.browser_half import browser_component
from ui.learn.begun import show_others
from ui.learn.flow_section import show_flow, trained_flow
from ui.learn.noise_section import show_noise
from ui.learn.variance_section import show_variance
from vae_core.lessons.orders import Asked

# By the number of a lesson, what is trained in it there and then.
TRAINING: Mapping[int, Callable[[], list[Asked]]] = {4: show_noise, 5: show_variance, 7: show_flow}

_component = browser_component("learn", states={"onLesson": "lesson"})


@st.fragment
def show_lessons(files: dict[str, str]) -> None:
    """Shows the lessons with the browser half's `files`; the open one's number is told when it opens."""
    state = _component(key="learn", data=_options(files), on_lesson_change=lambda: None)
    show_training = TRAINING.get(state.lesson or _named_lesson())
    if show_training is None:
        return
    if read_only():
        st.info("This is a demo: what this lesson trains is trained where the app runs for you alone.")
    else:
        show_others(show_training())


def _named_lesson() -> int:
    """The lesson that the address names, so that what belongs to it is there at once; 1 where it names none."""
    named = st.query_params.get("lesson", "")
    return int(named) if named.isdecimal() and len(named) == 1 else 1


def _options(files: dict[str, str]) -> dict[str, Any]:
    """What `LearnOptions` in explorer/src/learn/options.ts asks for."""
    pages = {"explore": "./", "interpolate": "interpolate", "models": "models"}
    if not read_only():
        pages["train"] = "train"
    return {
        "module": ASSETS_ADDRESS + files["learn"],
        "pages": pages,
        "trains": True,
        "given": {"flow": trained_flow()},
    }

"""What a lesson trains, on the page: what it takes to begin it, how far it is, a stop, and what it has found so far."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from serving.lessons import LESSONS, Lesson
from ui.learn.begun import begin as begin_training
from ui.plain_words import told
from vae_core.lessons.orders import Asked
from vae_core.runs.report import duration

GLANCE = 0.5  # seconds between two looks at it

Parts = list[dict[str, Any]]
Draw = Callable[[Parts], None]


def of_kind(parts: Parts, kind: str) -> Parts:
    """Those parts of an answer, in the order in which they came."""
    return [part for part in parts if part["part"] == kind]


def show_work(order: Asked, draw: Draw, *, begin: str, takes: str, shown_above: str = "") -> None:
    """Offers to begin what is asked for, follows it, and draws what it has found; what was found once is there again.

    `begin` is on the button, `takes` what to expect. Parts of the kind `shown_above` are shown elsewhere on the page
    too, which begins anew when one has come.
    """
    lesson = LESSONS.of(order)
    with st.container(horizontal=True, vertical_alignment="center"):
        if lesson is None or lesson.stopped or lesson.problem is not None:
            words = begin if lesson is None else "Begin again"
            st.button(words, type="primary", icon=":material/play_arrow:", on_click=begin_training, args=(order,))
            st.caption(takes)
    if lesson is None:
        return
    if not lesson.done:
        _watch(lesson, draw, shown_above, len(of_kind(lesson.parts, shown_above)))
        return
    if lesson.problem is not None:
        st.error(told(lesson.problem), title="The training has failed", icon=":material/error:")
    elif lesson.stopped:
        found = "What it had found until then is shown." if lesson.parts else "It had found nothing yet."
        st.info(f"It was stopped. {found}", icon=":material/stop_circle:")
    draw(lesson.parts)


@st.fragment(run_every=GLANCE)
def _watch(lesson: Lesson, draw: Draw, shown_above: str, known: int) -> None:
    """Until it has ended, or one more part has come than the page above knows of: then the page begins anew."""
    if lesson.done or len(of_kind(lesson.parts, shown_above)) > known:
        st.rerun()
    _show_progress(lesson)
    draw(lesson.parts)


def _show_progress(lesson: Lesson) -> None:
    left = lesson.seconds_left
    words = lesson.progress.stage + (f", about {duration(left)} left in this step" if left is not None else "")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(lesson.share, told(words))
        st.button("Stop", key=f"stop {lesson.order.lesson}", icon=":material/stop:", on_click=lesson.stop)

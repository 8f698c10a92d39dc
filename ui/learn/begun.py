"""What this reader has begun and the open lesson does not show: other settings, other lessons; each can be stopped."""

from collections.abc import Iterable
from pathlib import PurePath

import streamlit as st

from serving.lessons import LESSONS, Lesson
from ui.plain_words import told
from vae_core.lessons.orders import Asked, FlowOrder, NoiseOrder, VarianceOrder

BEGUN = "what lessons have begun"
GLANCE = 1.0  # seconds between two looks at it


def begin(order: Asked) -> None:
    """Starts what is asked for, and notes who did."""
    LESSONS.start(order)
    begun: list[Asked] = st.session_state.setdefault(BEGUN, [])
    if order not in begun:
        begun.append(order)


def show_others(shown: Iterable[Asked]) -> None:
    """A row for each that was begun here, is under way still, and is none of those `shown`."""
    on_page = frozenset(shown)
    if _under_way(on_page):
        _watch(on_page)


@st.fragment(run_every=GLANCE)
def _watch(shown: frozenset[Asked]) -> None:
    lessons = _under_way(shown)
    if not lessons:
        st.rerun()
    st.markdown("#### Also under way")
    for lesson in lessons:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(lesson.share, told(f"{_title(lesson.order)}: {lesson.progress.stage}"))
            st.button(
                "Stop", key=f"stop {lesson.order.model_dump_json()}", icon=":material/stop:", on_click=lesson.stop
            )


def _under_way(shown: frozenset[Asked]) -> list[Lesson]:
    begun = (LESSONS.of(order) for order in st.session_state.get(BEGUN, ()) if order not in shown)
    return [lesson for lesson in begun if lesson is not None and not lesson.done]


def _title(order: Asked) -> str:
    """By which settings it was begun."""
    if isinstance(order, NoiseOrder):
        title = f"Lesson 4, {order.cost} samples × images"
    elif isinstance(order, VarianceOrder):
        title = f"Lesson 5, {order.latent_dim} latent dimensions"
    elif isinstance(order, FlowOrder):
        title = f"Lesson 7, {order.shape}, {order.layers} layers"
    else:
        title = f"Lesson 7, priors of {PurePath(order.folder).name}"
    return title + (f", draws {order.seed + 1}" if order.seed else "")

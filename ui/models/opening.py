"""Work at a model that is being brought: how far it is, and a stop."""

from collections.abc import Callable

import streamlit as st

from serving.side_work import SideWork
from ui.plain_words import told
from vae_core.runs.report import duration

GLANCE = 0.2  # seconds between two looks at it


def watch(work: SideWork, stop: Callable[[], None]) -> None:
    """Shows how far it is until it has ended; any click begins the page anew, and this with it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(work.share, told(_words(work)))
        st.button("Stop", key="stop opening", icon=":material/stop:", on_click=stop)
    while not work.wait(GLANCE):
        bar.progress(work.share, told(_words(work)))


def _words(work: SideWork) -> str:
    left = work.seconds_left
    return work.progress.stage + (f", about {duration(left)} left in this step" if left is not None else "")

"""Work at a model that is being brought: how far it is, and a stop."""

from collections.abc import Callable

import streamlit as st

from serving.side_work import SideWork
from ui.plain_words import told
from vae_core.runs.report import duration

PATIENCE = 0.3  # seconds that a page waits before it shows how far the work is
GLANCE = 0.3  # seconds between two looks at it


def has_ended(work: SideWork, stop: Callable[[], None]) -> bool:
    """Whether it has come to its end; else how far it is is shown until then, and the page begins anew."""
    if work.wait(PATIENCE):
        return True
    _watch(work, stop)
    return False


@st.fragment(run_every=GLANCE)
def _watch(work: SideWork, stop: Callable[[], None]) -> None:
    if work.done:
        st.rerun()
    left = work.seconds_left
    words = work.progress.stage + (f", about {duration(left)} left in this step" if left is not None else "")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(work.share, told(words))
        st.button("Stop", key="stop opening", icon=":material/stop:", on_click=stop)

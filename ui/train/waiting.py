"""Images being read for the page by a process of its own: how far it is, how long it will take, and a stop."""

from pathlib import Path

import streamlit as st

from serving.readings import READINGS, Reading
from ui.plain_words import told
from vae_core.data.look import Look, Request, read_look
from vae_core.data.shelves import Shelf
from vae_core.runs.report import duration

PATIENCE = 0.4  # seconds that a page waits before it shows how far the reading is
GLANCE = 0.3  # seconds between two looks at it
ENDED = "how reading the images ended"
STOPPED = "stopped"
GONE = "The images were read, but what was made of them has gone from this machine's cache folder; is its disk full?"


def look_at(request: Request) -> Look | None:
    """What a model would be trained on; None while it is being read, and where it could not be. Both are shown.

    Raises DatasetError for a folder that cannot be opened.
    """
    if (look := _known(request)) is not None:
        return look
    asked, end = st.session_state.get(ENDED, (None, ""))
    if asked == request:
        _show_end(end, request)
    else:
        _read(request)
    return None


def _read(request: Request) -> None:
    """Waits until it has been read, or could not be, and begins the page anew."""
    reading = READINGS.of(request)
    if not reading.wait(PATIENCE):
        _watch(reading)
    _note_end(reading)
    st.rerun()  # what stands above it may say more now


def _known(request: Request) -> Look | None:
    shelf = Shelf(request)
    folder = shelf.ready()
    if folder is None or (look := read_look(folder)) is None:
        return None
    shelf.mark_used()
    return look


def _watch(reading: Reading) -> None:
    """Shows how far it is until it has ended; any click begins the page anew, and this with it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(*_progress(reading))
        st.button("Stop", on_click=_stop, args=(reading,))
    while not reading.wait(GLANCE):
        bar.progress(*_progress(reading))


def _stop(reading: Reading) -> None:
    reading.stop()
    st.session_state[ENDED] = reading.request, STOPPED


def _progress(reading: Reading) -> tuple[float, str]:
    progress = reading.progress
    share = min(1.0, progress.done / progress.total) if progress.total else 0.0
    words = progress.stage
    if progress.total > 1:
        words += f": {progress.done:,.0f} of {progress.total:,.0f}"
    if (left := reading.seconds_left) is not None:
        words += f", about {duration(left)} left"
    return share, words


def _note_end(reading: Reading) -> None:
    """For this visit alone: others may try the same again."""
    if reading.stopped or reading.problem is not None:
        st.session_state[ENDED] = reading.request, reading.problem or STOPPED
    elif _known(reading.request) is None:
        st.session_state[ENDED] = reading.request, GONE


def _show_end(end: str, request: Request) -> None:
    if end == STOPPED:
        st.info("Reading these images was stopped.", icon=":material/stop_circle:")
    else:
        st.error(told(end, Path(request.source).name), title="These images cannot be used", icon=":material/error:")
    st.button("Read them again", icon=":material/refresh:", on_click=_forget_end)


def _forget_end() -> None:
    st.session_state.pop(ENDED, None)

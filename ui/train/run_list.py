"""The runs of this machine: the queue, how far each one is, and what can be done with it."""

from collections.abc import Callable

import streamlit as st

from ui.train.details import show_details
from ui.train.live import progress_row, watch
from vae_core.checkpoint.layout import EXPLORER_MANIFEST
from vae_core.errors import UserError
from vae_core.runs import control
from vae_core.runs.report import diagnose, interruption, long_words
from vae_core.runs.run import Run, list_runs

OPENED = "opened run"


@st.fragment
def show_runs() -> None:
    """Every run, the newest first; what anybody does to them is seen by everybody without a click.

    Raises NotBuiltError where the browser half is not built.
    """
    runs = list_runs()
    opened = _opened(runs)
    if not runs:
        st.caption("No run yet. Choose images and a preset, and start one: it appears here.")
    for run in reversed(runs):
        with st.container(border=True):
            _show(run, runs, is_open=run is opened)
    watch(runs)


def _opened(runs: list[Run]) -> Run | None:
    """The run whose details are shown: the one that was asked for, otherwise the newest."""
    chosen = st.session_state.get(OPENED)
    return next((run for run in runs if run.name == chosen), runs[-1] if runs else None)


def _show(run: Run, runs: list[Run], *, is_open: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{run.name}**", width="stretch")
        _buttons(run, is_open=is_open)
    status = run.status
    if run.alive:
        progress_row(run, runs)
    else:
        st.caption(long_words(run, runs))
    if status.problem:
        st.error(f"{status.problem} {status.advice or ''}", icon=":material/error:")
    if status.stage == "failed" and not run.keepable:
        st.caption("It went wrong before the first epoch was done: there is nothing to keep.")
    if run.interrupted:
        st.warning(interruption(run), icon=":material/warning:")
    if is_open:
        show_details(run, runs)


def _buttons(run: Run, *, is_open: bool) -> None:
    def button(label: str, act: Callable[[Run], None], help_text: str, icon: str) -> None:
        st.button(label, key=f"{label} {run.name}", help=help_text, icon=icon, on_click=_do, args=(act, run))

    stage = run.status.stage
    if run.pausable:
        button("Pause", control.pause, "Stop after this step; it can go on later", ":material/pause:")
    if run.resumable:
        button("Resume", control.resume, "Go on from where it was", ":material/play_arrow:")
    if run.keepable and stage == "failed":
        words = "Make a model of the last whole epoch before it went wrong"
        button("Keep the last good state", control.keep, words, ":material/stop:")
    elif run.keepable:
        button("Stop and keep", control.keep, "Make a model of what it has learned so far", ":material/stop:")
    if stage != "finished":
        button("Discard", control.discard, "Stop and remove the run and all it made", ":material/delete:")
    if (run.folder / EXPLORER_MANIFEST).exists():
        explore = st.session_state["explore page"]
        st.page_link(explore, label="Open in Explore", icon=":material/explore:", query_params={"model": run.name})
    if not is_open:
        button("Details", _open, "Its curves and pictures", ":material/expand_more:")


def _open(run: Run) -> None:
    st.session_state[OPENED] = run.name


def _do(act: Callable[[Run], None], run: Run) -> None:
    """What a button stands for; where that cannot be done, why."""
    try:
        act(run)
    except UserError as error:
        st.toast(str(error), duration="long")
    except OSError as error:
        st.toast(diagnose(error).words, duration="long")

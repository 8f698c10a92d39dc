"""The runs of this machine: the queue, how far each one is, and what can be done with it."""

from collections.abc import Callable

import streamlit as st

from ui.plain_words import literal, literal_sentence
from ui.train.details import show_details
from ui.train.live import progress_row, watch
from vae_core.checkpoint.layout import EXPLORER_MANIFEST
from vae_core.errors import UserError
from vae_core.runs import control
from vae_core.runs.report import diagnose, interruption, keeping_words, long_words
from vae_core.runs.run import Run, scan_runs

OPENED = "opened run"
TO_DISCARD = "run to discard"


@st.fragment
def show_runs() -> None:
    """Every run, the newest first; what anybody does to them is seen by everybody without a click.

    Raises NotBuiltError where the browser half is not built.
    """
    runs, problems = scan_runs()
    opened = _opened(runs)
    if not runs:
        st.caption("No run yet. Choose images and a preset, and start one: it appears here.")
    for run in reversed(runs):
        with st.container(border=True):
            _show(run, runs, is_open=run is opened)
    for problem in problems:
        st.warning(literal_sentence(str(problem)), icon=":material/warning:")
    watch(runs)


def _opened(runs: list[Run]) -> Run | None:
    """The run whose details are shown: the one that was asked for, otherwise the newest."""
    chosen = st.session_state.get(OPENED)
    return next((run for run in runs if run.name == chosen), runs[-1] if runs else None)


def _show(run: Run, runs: list[Run], *, is_open: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{literal(run.name)}**", width="stretch")
        _buttons(run, is_open=is_open)
    if st.session_state.get(TO_DISCARD) == run.name and "discard" in run.actions:
        _ask_before_discarding(run)
    status = run.status
    if run.alive:
        progress_row(run, runs)
    else:
        st.caption(literal_sentence(long_words(run, runs)))
    if status.problem:
        st.error(literal_sentence(f"{status.problem} {status.advice or ''}"), icon=":material/error:")
    if status.state == "failed":
        st.caption(keeping_words(run))
    if run.state == "interrupted":
        st.warning(interruption(run), icon=":material/warning:")
    if is_open:
        show_details(run, runs)


def _buttons(run: Run, *, is_open: bool) -> None:
    def button(label: str, act: Callable[[Run], None], help_text: str, icon: str) -> None:
        st.button(label, key=f"{label} {run.name}", help=help_text, icon=icon, on_click=_do, args=(act, run))

    if "pause" in run.actions:
        button("Pause", control.pause, "Stop after this step; it can go on later", ":material/pause:")
    if "resume" in run.actions:
        button("Resume", control.resume, "Go on from where it was", ":material/play_arrow:")
    if "keep" in run.actions and run.state == "failed":
        words = "Make a model of the last whole epoch before it went wrong"
        button("Keep the last good state", control.keep, words, ":material/stop:")
    elif "keep" in run.actions:
        button("Stop and keep", control.keep, "Make a model of what it has learned so far", ":material/stop:")
    if "discard" in run.actions:
        button(
            "Discard", _choose_to_discard, "Stop and remove the run and all it made; asks first", ":material/delete:"
        )
    if (run.folder / EXPLORER_MANIFEST).exists():
        explore = st.session_state["explore page"]
        st.page_link(explore, label="Open in Explore", icon=":material/explore:", query_params={"model": run.name})
    if not is_open:
        button("Details", _open, "Its curves and pictures", ":material/expand_more:")


def _ask_before_discarding(run: Run) -> None:
    """A click beside Pause must not cost what a night of training has made."""
    name = literal(run.name)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(f"Discard {name}? What it has learned is gone, and nothing brings it back.", width="stretch")
        st.button(f"Discard {name}", key=f"really discard {run.name}", on_click=_discard, args=(run,), type="primary")
        st.button("Cancel", key=f"do not discard {run.name}", on_click=_forget_to_discard)


def _choose_to_discard(run: Run) -> None:
    st.session_state[TO_DISCARD] = run.name


def _forget_to_discard() -> None:
    st.session_state.pop(TO_DISCARD, None)


def _discard(run: Run) -> None:
    _forget_to_discard()
    _do(control.discard, run)


def _open(run: Run) -> None:
    st.session_state[OPENED] = run.name


def _do(act: Callable[[Run], None], run: Run) -> None:
    """What a button stands for; where that cannot be done, why."""
    try:
        act(run)
    except UserError as error:
        st.toast(literal_sentence(str(error)), duration="long")
    except OSError as error:
        st.toast(literal_sentence(diagnose(error).words), duration="long")

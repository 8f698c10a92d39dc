"""The runs of this machine: the queue, how far each one is, and what can be done with it."""

from collections.abc import Callable

import streamlit as st

from ui.train.details import show_details
from vae_core.checkpoint.folder import EXPLORER_MANIFEST
from vae_core.errors import UserError
from vae_core.runs import launch
from vae_core.runs.diagnosis import diagnose, interruption
from vae_core.runs.record import Run, list_runs
from vae_core.runs.words import duration, state_words

GLANCE = 1.0  # seconds between two looks at the runs, while one is at work
IDLE_GLANCE = 3.0  # while none is: somebody else may start one
OPENED = "opened run"


def show_runs() -> None:
    """Every run, the newest first; what anybody does to them is seen by everybody without a click."""
    runs = list_runs()
    if any(run.alive for run in runs):
        _watched()
    else:
        _listing()
        _wait_for_change(_states(runs))


@st.fragment(run_every=GLANCE)
def _watched() -> None:
    _listing()
    if not any(run.alive for run in list_runs()):
        st.rerun()  # nothing moves any more: stop looking


@st.fragment(run_every=IDLE_GLANCE)
def _wait_for_change(shown: list[tuple[str, str]]) -> None:
    if _states(list_runs()) != shown:
        st.rerun()


def _states(runs: list[Run]) -> list[tuple[str, str]]:
    return [(run.name, run.state) for run in runs]


def _listing() -> None:
    runs = list_runs()
    if not runs:
        st.caption("No run yet. Choose images and a preset, and start one: it appears here.")
        return
    opened = st.session_state.get(OPENED) or runs[-1].name
    for run in reversed(runs):
        with st.container(border=True):
            _show(run, runs, is_open=run.name == opened)


def _show(run: Run, runs: list[Run], *, is_open: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{run.name}**", width="content")
        st.caption(_words(run, runs), width="stretch")
        _buttons(run, is_open=is_open)
    status = run.status
    if run.alive and status.stage == "training" and status.steps:
        left = "" if status.seconds_left is None else f", about {duration(status.seconds_left)} left"
        st.progress(min(1.0, status.step / status.steps), f"{status.step:,} of {status.steps:,} steps{left}")
    if status.problem:
        st.error(f"{status.problem} {status.advice or ''}", icon=":material/error:")
    if status.stage == "failed" and not run.keepable:
        st.caption("It went wrong before the first epoch was done: there is nothing to keep.")
    if run.interrupted:
        st.warning(interruption(run), icon=":material/warning:")
    if is_open:
        show_details(run, runs)


def _words(run: Run, runs: list[Run]) -> str:
    speed = run.status.images_per_second
    at_work = run.alive and run.status.stage == "training" and speed
    return state_words(run, runs) + (f" · {speed:,.0f} images a second" if at_work else "")


def _buttons(run: Run, *, is_open: bool) -> None:
    def button(label: str, act: Callable[[Run], None], help_text: str, icon: str) -> None:
        if st.button(label, key=f"{label} {run.name}", help=help_text, icon=icon):
            try:
                act(run)
            except UserError as error:
                st.toast(str(error), duration="long")
            except OSError as error:
                st.toast(diagnose(error).words, duration="long")
            else:
                st.rerun()

    stage = run.status.stage
    if run.pausable:
        button("Pause", launch.pause, "Stop after this step; it can go on later", ":material/pause:")
    if run.resumable:
        button("Resume", launch.resume, "Go on from where it was", ":material/play_arrow:")
    if run.keepable and stage == "failed":
        words = "Make a model of the last whole epoch before it went wrong"
        button("Keep the last good state", launch.keep, words, ":material/stop:")
    elif run.keepable:
        button("Stop and keep", launch.keep, "Make a model of what it has learned so far", ":material/stop:")
    if stage != "finished":
        button("Discard", launch.discard, "Stop and remove the run and all it made", ":material/delete:")
    if (run.folder / EXPLORER_MANIFEST).exists():
        explore = st.session_state["explore page"]
        st.page_link(explore, label="Open in Explore", icon=":material/explore:", query_params={"model": run.name})
    if not is_open and st.button("Details", key=f"details {run.name}", icon=":material/expand_more:"):
        st.session_state[OPENED] = run.name
        st.rerun()

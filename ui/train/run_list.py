"""The runs of this machine: the queue, how far each one is, what it has learned, and what can be done with it."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import streamlit as st

from serving.public_files import ASSETS_ADDRESS, assets
from serving.run_routes import RUNS_ADDRESS, run_now
from ui.browser_half import browser_component
from ui.models.facts import with_error
from ui.plain_words import literal, one_line_of, told
from vae_core.checkpoint.layout import EXPLORER_MANIFEST, read_checkpoint
from vae_core.errors import CheckpointError, UserError
from vae_core.runs import control
from vae_core.runs.mending import Mended
from vae_core.runs.report import diagnose, finding, interruption, keeping_words, long_words, mended_title
from vae_core.runs.run import Run, scan_runs
from vae_core.training.events import read_history

OPENED = "opened run"
STARTED = "run that was just started"
TO_DISCARD = "run to discard"
PLACES = "runs in their places"
FIGURES = {"ELBO": "elbo", "log p(x|z)": "log_likelihood", "KL": "kl"}
# The height that it will have: nothing below moves when it comes.
_progress_part = browser_component("run_progress", css=":host { display: block; min-height: 36px; }")
_learned_part = browser_component("run_learned")
_watcher_part = browser_component("runs_watcher", triggers={"onChange": "changed"})


@st.fragment
def show_runs() -> None:
    """Every run, at first those at work before the others and the newest first; everybody sees what anybody does.

    Raises NotBuiltError where the browser half is not built.
    """
    runs, problems = scan_runs()
    _tell_of_start()
    opened = _opened(runs)
    if not runs:
        st.caption("No run yet. Choose images and a preset, and start one: it appears here.")
    for run in _in_their_places(runs):
        with st.container(border=True):
            _show(run, runs, is_open=run is opened)
    for problem in problems:
        st.warning(told(problem), icon=":material/warning:")
    _watch(runs)


def _in_their_places(runs: list[Run]) -> list[Run]:
    """In the order that this visit began with, and new ones above: where one is paused no other comes to lie."""
    there = {run.name: run for run in runs}
    known = [name for name in st.session_state.get(PLACES, []) if name in there]
    new = sorted(
        (run for run in runs if run.name not in known), key=lambda run: (run.alive, run.request.asked_at), reverse=True
    )
    st.session_state[PLACES] = [*(run.name for run in new), *known]
    return [there[name] for name in st.session_state[PLACES]]


def open_started(run: Run) -> None:
    """Opens a run that was just started, and has it told: the head of the runs may be out of sight."""
    st.session_state[STARTED] = run.title
    _open(run)


def _tell_of_start() -> None:
    title = st.session_state.pop(STARTED, None)
    if title is not None:
        st.toast(f"{literal(title)} is under way: it is the first of the runs.", icon=":material/play_arrow:")


def _opened(runs: list[Run]) -> Run | None:
    """The run whose details are shown: the one that was asked for, otherwise the newest."""
    chosen = st.session_state.get(OPENED)
    return next((run for run in runs if run.name == chosen), runs[-1] if runs else None)


def _show(run: Run, runs: list[Run], *, is_open: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{literal(run.title)}**", width="stretch")
        _buttons(run, is_open=is_open)
    if st.session_state.get(TO_DISCARD) == run.name and "discard" in run.actions:
        _ask_before_discarding(run)
    status = run.status
    if run.alive:
        _progress_row(run, runs)
    else:
        st.caption(told(long_words(run, runs)))
    if status.problem:
        st.error(told(f"{status.problem} {status.advice or ''}"), icon=":material/error:")
    if status.state == "failed":
        st.caption(keeping_words(run))
    if run.state == "interrupted":
        st.warning(told(interruption(run)), icon=":material/warning:")
    if is_open or run.alive:
        _show_finding(run)
    if is_open:
        _show_details(run, runs)


def _buttons(run: Run, *, is_open: bool) -> None:
    def button(label: str, act: Callable[[Run], None], help_text: str, icon: str) -> None:
        st.button(label, key=f"{label} {run.name}", help=help_text, icon=icon, on_click=_do, args=(act, run))

    if "pause" in run.actions:
        button("Pause", control.pause, "Stop after this step; it can go on later", ":material/pause:")
    if "resume" in run.actions:
        button("Resume", _resume, "Go on from where it was", ":material/play_arrow:")
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
    name = literal(run.title)
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


def _resume(run: Run) -> None:
    control.resume(run)
    _open(run)


def _do(act: Callable[[Run], None], run: Run) -> None:
    """What a button stands for; where that cannot be done, why."""
    try:
        act(run)
    except UserError as error:
        st.toast(told(error), duration="long")
    except OSError as error:
        st.toast(told(diagnose(error).words), duration="long")


def _show_finding(run: Run) -> None:
    """What is wrong with a run and what would mend it, with the button that does."""
    found = finding(run)
    if found is None:
        return
    if found.sentence != run.status.problem:  # which is said already
        st.warning(told(found.sentence), icon=":material/stethoscope:")
    if found.mended is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(told(f"A mended run changes {found.mended.words}."), width="stretch")
        st.button(
            "Start the mended run",
            key=f"mend {run.name}",
            help="A new run with the changed settings; this one stays as it is",
            icon=":material/healing:",
            on_click=_do,
            args=(partial(_start_mended, mended=found.mended), run),
        )


def _start_mended(run: Run, mended: Mended) -> None:
    request = run.request
    title = mended_title(run)
    started = control.ask(title, request.preset, mended.model, mended.training, data_dir=request.data_dir)
    open_started(started)


def _show_details(run: Run, runs: list[Run]) -> None:
    """Everything that a run has to show since its first epoch; `runs` holds the one it is compared with."""
    _learned_view(run, runs)
    if run.status.state == "finished":
        _compare(run, runs)


def _compare(run: Run, runs: list[Run]) -> None:
    """The figures beside those of the run before it on the same data."""
    rows: dict[str, dict[str, str | None]] = {}
    same = [other for other in runs if other.request.training.data == run.request.training.data]
    before = [other for other in same if other.request.asked_at < run.request.asked_at][-1:]
    for other in [run, *before]:
        try:
            summary = read_checkpoint(other.folder)
        except CheckpointError:
            continue
        if summary.metrics:
            active, images = summary.figure("active_units"), summary.metrics["images"]
            rows[_column(other, rows)] = {
                **{words: with_error(summary.with_error(name)) for words, name in FIGURES.items()},
                "active dimensions": None if active is None else f"{active:g} of {summary.model.latent_dim}",
                f"{literal(str(summary.metrics['split']))} images": f"{images:,}",
                "epochs": _epochs(other),
            }
    if rows:
        names = list(next(iter(rows.values())))
        columns = {literal(title): [value or "—" for value in values.values()] for title, values in rows.items()}
        # Without a toolbar, which lay on the pictures where there is no pointer to call it.
        st.table({"figure": names, **columns}, hide_index=True, border="horizontal")


def _column(run: Run, others: Collection[str]) -> str:
    """A run's title, with its folder's name where another one is called the same."""
    title = one_line_of(run.title)
    return f"{title} ({one_line_of(run.name)})" if title in others else title


def _epochs(run: Run) -> str:
    """How many whole ones it had; of one that ended before, or was stopped, beside those that were asked for."""
    asked, had = run.request.training.epochs, len(read_history(run.folder))
    return f"{asked:,}" if had == asked else f"{had:,} of {asked:,}"


def _progress_row(run: Run, runs: list[Run]) -> None:
    """How far a run at work is, in words and as a bar. Raises NotBuiltError."""
    _progress_part(key=f"progress {run.name}", data=_options("progress", run=run_now(run, runs)))


def _learned_view(run: Run, runs: list[Run]) -> None:
    """Curves, map and pictures of a run, drawn anew as it learns. Raises NotBuiltError."""
    _learned_part(key=f"learned {run.name}", data=_options("learned", run=run_now(run, runs)))


def _watch(runs: list[Run]) -> None:
    """Runs the fragment it stands in again as soon as the runs are not what it shows. Raises NotBuiltError."""
    now = [run_now(run, runs) for run in runs]
    shown = {run["name"]: {key: run[key] for key in ("state", "actions", "finding")} for run in now}
    _watcher_part(key="runs watcher", data=_options("watcher", shown=shown), on_changed_change=lambda: None)


def _options(part: str, **options: Any) -> dict[str, Any]:
    """What `RunsOptions` in explorer/src/runs/options.ts asks for."""
    return {"module": ASSETS_ADDRESS + assets()["runs"], "runsUrl": RUNS_ADDRESS, "part": part, **options}

"""The runs of this machine: the queue, how far each one is, and what can be done with it."""

import streamlit as st

from ui.train.charts import bound_chart, dimensions_chart, map_chart, read_history, terms_chart
from ui.train.settings import duration
from vae_core.checkpoint.folder import EXPLORER_MANIFEST, read_checkpoint
from vae_core.errors import CheckpointError, UserError
from vae_core.runs import launch
from vae_core.runs.diagnosis import collapse
from vae_core.runs.queue import waiting_before
from vae_core.runs.record import PICTURE_FILE, Run, list_runs

GLANCE = 1.0  # seconds between two looks at the runs, while one is at work
OPENED = "opened run"


def show_runs() -> None:
    """Every run, the newest first; looks again by itself while any of them is alive."""
    if any(run.alive for run in list_runs()):
        _watched()
    else:
        _listing()


@st.fragment(run_every=GLANCE)
def _watched() -> None:
    _listing()
    if not any(run.alive for run in list_runs()):
        st.rerun()  # nothing moves any more: stop looking


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
    if run.interrupted:
        st.warning(
            "Its process ended before it was done. Resume it: it goes on from where it was, to the same result.",
            icon=":material/warning:",
        )
    if is_open:
        _details(run, runs)


def _words(run: Run, runs: list[Run]) -> str:
    status = run.status
    if run.interrupted:
        return "interrupted"
    if status.stage == "queued":
        before = waiting_before(run, runs)
        return "starts as soon as there is room" if before == 0 else f"waits behind {before} other{'s' * (before > 1)}"
    parts = [status.stage, status.detail]
    if run.alive and status.images_per_second:
        parts.append(f"{status.images_per_second:,.0f} images a second")
    return " · ".join(part for part in parts if part)


def _buttons(run: Run, *, is_open: bool) -> None:
    def button(label: str, act: object, help_text: str, icon: str) -> None:
        if st.button(label, key=f"{label} {run.name}", help=help_text, icon=icon):
            try:
                act(run)  # type: ignore[operator]
            except UserError as error:
                st.toast(str(error))
            st.rerun()

    stage = run.status.stage
    if run.alive and stage in ("queued", "training"):
        button("Pause", launch.pause, "Stop after this step; it can go on later", ":material/pause:")
    if run.resumable:
        button("Resume", launch.resume, "Go on from where it was", ":material/play_arrow:")
    if (run.alive and stage == "training") or (run.resumable and run.status.step):
        button("Stop and keep", launch.keep, "Finish the model with the weights it has", ":material/stop:")
    if stage != "finished":
        button("Discard", launch.discard, "Stop and remove the run and all it made", ":material/delete:")
    if (run.folder / EXPLORER_MANIFEST).exists():
        explore = st.session_state["explore page"]
        st.page_link(explore, label="Open in Explore", icon=":material/explore:", query_params={"model": run.name})
    if not is_open and st.button("Details", key=f"details {run.name}", icon=":material/expand_more:"):
        st.session_state[OPENED] = run.name
        st.rerun()


def _details(run: Run, runs: list[Run]) -> None:
    history = read_history(run.folder)
    picture = run.folder / PICTURE_FILE
    if not history:
        if run.alive:
            st.caption("The first pictures and curves come with the end of the first epoch.")
        return
    collapsed = collapse(history, run.request.training.beta)
    if collapsed:
        st.warning(collapsed, icon=":material/warning:")
    try:
        class_names = read_checkpoint(run.folder).data.class_names
    except CheckpointError:
        class_names = ()
    left, right = st.columns(2)
    with left:
        st.plotly_chart(bound_chart(history), key=f"bound {run.name}", config={"displayModeBar": False})
        st.plotly_chart(dimensions_chart(history), key=f"dimensions {run.name}", config={"displayModeBar": False})
    with right:
        st.plotly_chart(terms_chart(history), key=f"terms {run.name}", config={"displayModeBar": False})
        chart = map_chart(run.folder, class_names)
        if chart is not None:
            st.plotly_chart(chart, key=f"map {run.name}", config={"displayModeBar": False})
    if picture.exists():
        st.image(picture.read_bytes(), caption="Images, their reconstructions, samples of the prior", width="stretch")
    if run.status.stage == "finished":
        _compare(run, runs)


def _compare(run: Run, runs: list[Run]) -> None:
    """The figures beside those of the run before it on the same data."""
    rows = {}
    same = [other for other in runs if other.request.training.data == run.request.training.data]
    before = [other for other in same if other.request.asked_at < run.request.asked_at][-1:]
    for other in [run, *before]:
        try:
            metrics = read_checkpoint(other.folder).metrics
        except CheckpointError:
            continue
        if metrics:
            rows[other.name] = {
                "ELBO": round(metrics["elbo"], 2),
                "log p(x|z)": round(metrics["log_likelihood"], 2),
                "KL": round(metrics["kl"], 2),
                "active dimensions": metrics["active_units"],
                "epochs": other.request.training.epochs,
            }
    if rows:
        names = list(next(iter(rows.values())))
        columns = {name: list(values.values()) for name, values in rows.items()}
        st.dataframe({"figure": names, **columns}, hide_index=True)

"""What a run has learned so far: curves, pictures, figures, and what is odd about them."""

import streamlit as st

from ui.train.charts import bound_chart, dimensions_chart, map_chart, terms_chart
from vae_core.checkpoint.folder import read_checkpoint
from vae_core.errors import CheckpointError
from vae_core.runs.diagnosis import collapse, collapsed_dimensions
from vae_core.runs.history import read_history
from vae_core.runs.record import PICTURE_FILE, Run

PLAIN = {"displayModeBar": False}


def show_details(run: Run, runs: list[Run]) -> None:
    """Everything that a run has to show since its first epoch; `runs` holds the one it is compared with."""
    history = read_history(run.folder)
    if not history:
        if run.alive:
            st.caption("The first pictures and curves come with the end of the first epoch.")
        return
    collapsed, dimensions = collapsed_dimensions(history), run.request.model.latent_dim
    if sentence := collapse(history, run.request.training.beta):
        st.warning(sentence, icon=":material/warning:")
    elif collapsed:
        st.caption(f"{collapsed} of {dimensions} latent dimensions say nothing: the model does without them.")
    try:
        class_names = read_checkpoint(run.folder).data.class_names
    except CheckpointError:
        class_names = ()
    left, right = st.columns(2)
    with left:
        st.plotly_chart(bound_chart(history), key=f"bound {run.name}", config=PLAIN)
        st.plotly_chart(dimensions_chart(history), key=f"dimensions {run.name}", config=PLAIN)
    with right:
        st.plotly_chart(terms_chart(history), key=f"terms {run.name}", config=PLAIN)
        chart = map_chart(run.folder, class_names)
        if chart is not None:
            st.plotly_chart(chart, key=f"map {run.name}", config=PLAIN)
    _show_picture(run)
    if run.status.stage == "finished":
        _compare(run, runs)


def _show_picture(run: Run) -> None:
    try:
        picture = (run.folder / PICTURE_FILE).read_bytes()
    except FileNotFoundError:
        return  # none yet, or the run is being removed
    st.image(picture, caption="Images, their reconstructions, samples of the prior", width="stretch")


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

"""What a run has learned so far: curves, pictures and figures."""

import streamlit as st

from ui.train.live import learned_view
from vae_core.checkpoint.layout import read_checkpoint
from vae_core.errors import CheckpointError
from vae_core.runs.run import Run


def show_details(run: Run, runs: list[Run]) -> None:
    """Everything that a run has to show since its first epoch; `runs` holds the one it is compared with."""
    learned_view(run, runs)
    if run.status.state == "finished":
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

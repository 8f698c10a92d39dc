"""What a run has learned so far: curves, pictures and figures."""

import streamlit as st

from ui.train.live import learned_view
from vae_core.checkpoint.layout import read_checkpoint
from vae_core.errors import CheckpointError
from vae_core.runs.run import Run

FIGURES = {"ELBO": "elbo", "log p(x|z)": "log_likelihood", "KL": "kl", "active dimensions": "active_units"}


def show_details(run: Run, runs: list[Run]) -> None:
    """Everything that a run has to show since its first epoch; `runs` holds the one it is compared with."""
    learned_view(run, runs)
    if run.status.state == "finished":
        _compare(run, runs)


def _compare(run: Run, runs: list[Run]) -> None:
    """The figures beside those of the run before it on the same data."""
    rows: dict[str, dict[str, float | None]] = {}
    same = [other for other in runs if other.request.training.data == run.request.training.data]
    before = [other for other in same if other.request.asked_at < run.request.asked_at][-1:]
    for other in [run, *before]:
        try:
            summary = read_checkpoint(other.folder)
        except CheckpointError:
            continue
        if summary.metrics:
            figures = {words: summary.figure(name) for words, name in FIGURES.items()}
            rows[other.name] = {words: None if value is None else round(value, 2) for words, value in figures.items()}
            rows[other.name]["epochs"] = other.request.training.epochs
    if rows:
        names = list(next(iter(rows.values())))
        columns = {name: list(values.values()) for name, values in rows.items()}
        st.dataframe({"figure": names, **columns}, hide_index=True)

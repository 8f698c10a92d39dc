"""How the models were trained, in Plotly: the curves of those that keep their history, over each other."""

from pathlib import Path
from typing import Any

import streamlit as st

from ui.compare.comparison_tables import LETTERS
from ui.plain_words import one_line_of, plotly_text
from vae_core.checkpoint.layout import METRICS_LINES
from vae_core.collection.comparison import figures
from vae_core.collection.records import ModelRecord
from vae_core.files import Stamp, stamp
from vae_core.training.events import EpochMetrics, read_history

HEIGHT = 320
FEW = 12  # epochs that are marked one by one
MARGIN = {"l": 8, "r": 8, "t": 36, "b": 8}
LONGEST_NAME = 36  # characters for which a legend has room; the pointer is told all


def show_curves(records: list[ModelRecord]) -> None:
    """A chart of the ELBO and one of its KL term, an epoch a step; who keeps no history is named."""
    known, silent = [], []
    for letter, record in zip(LETTERS, records, strict=False):
        folder = record.summary.path
        history = _history(str(folder), stamp(folder / METRICS_LINES))
        if history:
            known.append((f"{letter} · {one_line_of(record.title)}", history))
        else:
            silent.append(letter)
    st.markdown("##### Training")
    if silent:
        verb = "keeps" if len(silent) == 1 else "keep"
        st.caption(f"{' and '.join(silent)} {verb} no history of the training: only what was trained here has one.")
    if not known:
        return
    nothing_held_out = [name.partition(" ")[0] for name, history in known if history[-1].validation is None]
    if nothing_held_out:
        verb, own = ("holds", "its") if len(nothing_held_out) == 1 else ("hold", "their")
        st.caption(f"{' and '.join(nothing_held_out)} {verb} no images out: {own} curves are of training images.")
    elbo = next((row for row in figures([record.summary for record in records]) if row.name == "elbo"), None)
    if elbo is not None and elbo.apart is not None:
        st.caption(f"The ELBOs are {elbo.apart}: their curves cannot be compared throughout.")
    columns = st.columns(2)
    charts = (("ELBO of held-out images, nats", _elbo), ("Its KL term, nats", _kl))
    for column, (title, value_of) in zip(columns, charts, strict=True):
        column.plotly_chart(_chart(title, known, value_of), key=title, config={"displayModeBar": False})


@st.cache_data(max_entries=16, show_spinner=False)
def _history(folder: str, version: Stamp) -> list[EpochMetrics]:
    """What was measured after each epoch, read anew for another `version`; nothing where that cannot be read."""
    del version
    try:
        return read_history(Path(folder))
    except (ValueError, KeyError, TypeError, OSError):
        return []


def _elbo(epoch: EpochMetrics) -> float:
    return epoch.watched_elbo if epoch.validation is None else epoch.validation.bound


def _kl(epoch: EpochMetrics) -> float:
    return (epoch.validation or epoch.training).kl


def _chart(title: str, known: list[tuple[str, list[EpochMetrics]]], value_of: Any) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure(
        layout={
            "title": {"text": title, "font": {"size": 14}},
            "height": HEIGHT,
            "margin": MARGIN,
            "legend": {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0},
            "showlegend": True,
            "uirevision": "kept",
        }
    )
    for name, history in known:
        letter, _, whole = name.partition(" · ")
        few = "lines+markers" if len(history) <= FEW else "lines"
        epochs = [epoch.epoch for epoch in history]
        figure.add_scatter(
            x=epochs,
            y=[value_of(epoch) for epoch in history],
            name=plotly_text(name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"),
            mode=few,
            meta=f"{letter} · {plotly_text(whole)}",
            hovertemplate="(%{x}, %{y})<extra>%{meta}</extra>",
        )
    longest = max(history[-1].epoch for _, history in known)
    figure.update_xaxes(title="epoch", dtick=1 if longest <= FEW else None)
    return figure

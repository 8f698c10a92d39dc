"""Curves of a run, the KL of each dimension, and the map that moves, in Plotly."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_core.runs.record import MAP_FILE

if TYPE_CHECKING:
    from vae_core.training.events import EpochMetrics

HEIGHT = 260
MARGIN = {"l": 8, "r": 8, "t": 32, "b": 8}


def bound_chart(history: "list[EpochMetrics]") -> Any:
    """The ELBO on the images trained on and on those held out."""
    import plotly.graph_objects as go

    epochs = [metrics.epoch for metrics in history]
    figure = go.Figure(layout=_layout("ELBO, nats an image"))
    figure.add_scatter(x=epochs, y=[metrics.training.bound for metrics in history], name="training")
    held_out = [metrics.validation.bound for metrics in history if metrics.validation]
    if held_out:
        figure.add_scatter(x=epochs, y=held_out, name="validation")
    return figure


def terms_chart(history: "list[EpochMetrics]") -> Any:
    """The ELBO's two terms, each with its own axis: their sizes differ by far."""
    import plotly.graph_objects as go

    epochs = [metrics.epoch for metrics in history]
    figure = go.Figure(layout=_layout("log p(x|z) and KL, nats"))
    terms = [metrics.validation or metrics.training for metrics in history]
    figure.add_scatter(x=epochs, y=[term.log_likelihood for term in terms], name="log p(x|z)")
    figure.add_scatter(x=epochs, y=[term.kl for term in terms], name="KL", yaxis="y2")
    figure.update_layout(yaxis2={"overlaying": "y", "side": "right", "showgrid": False})
    return figure


def dimensions_chart(history: "list[EpochMetrics]") -> Any:
    """KL of every latent dimension, the most informative first."""
    import plotly.graph_objects as go

    kl = sorted(enumerate(history[-1].kl_per_dimension), key=lambda pair: -pair[1])
    figure = go.Figure(layout=_layout("KL of each latent dimension, nats"))
    figure.add_bar(x=[f"z{dimension + 1}" for dimension, _ in kl], y=[value for _, value in kl])
    return figure


def map_chart(folder: Path, class_names: tuple[str, ...]) -> Any | None:
    """Where a sample of the images lies now, laid as it lay before; None before the first preview."""
    import plotly.graph_objects as go

    try:
        content = json.loads((folder / MAP_FILE).read_text())
    except FileNotFoundError:
        return None
    positions, labels = content["positions"], content["labels"]
    figure = go.Figure(layout=_layout("The latents' two main directions"))
    for label in sorted(set(labels)):
        own = [position for position, other in zip(positions, labels, strict=True) if other == label]
        name = class_names[label] if label < len(class_names) else str(label)
        figure.add_scatter(
            x=[x for x, _ in own], y=[y for _, y in own], mode="markers", name=name, marker={"size": 4, "opacity": 0.7}
        )
    figure.update_xaxes(showticklabels=False, zeroline=False)
    figure.update_yaxes(showticklabels=False, zeroline=False, scaleanchor="x")
    return figure


def _layout(title: str) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"size": 14}},
        "height": HEIGHT,
        "margin": MARGIN,
        "legend": {"orientation": "h", "y": -0.12, "yanchor": "top", "x": 0},
        "uirevision": "kept",
    }

"""Lesson 4's charts: the gradient's error at equal cost, with more samples or images, the bounds, and the signal."""

from typing import Any

from ui.learn.figures import errors, figure, level, powers_across, show
from vae_core.lessons.orders import Bounds, Signals, Spread, Stage

STAGES = {"early": "early in training", "late": "late in training"}


def equal_cost_chart(stages: list[Stage]) -> None:
    """The error of every division of one cost, as a multiple of that with one sample."""
    cost = stages[0].equal_cost[0].samples * stages[0].equal_cost[0].images
    chart = figure("samples of each image", "error, times that of one sample", logarithmic="xy")
    for stage in stages:
        divisions = sorted(stage.equal_cost, key=lambda one: one.samples)
        least = divisions[0].spread
        ratios = [(one.spread / least) ** 0.5 for one in divisions]
        bars = [ratio * one.spread_error / (2 * one.spread) for ratio, one in zip(ratios, divisions, strict=True)]
        samples = [one.samples for one in divisions]
        words = [f"{one.samples} × {one.images} images" for one in divisions]
        chart.add_scatter(
            x=samples,
            y=ratios,
            error_y=errors(bars),
            text=words,
            name=STAGES[stage.name],
            mode="lines+markers",
            hovertemplate="%{text}: %{y:.2f} times",
        )
        powers_across(chart, samples)
    show(chart, f"At equal cost: samples × images = {cost}", "gradient error at equal cost")


def more_chart(stage: Stage) -> None:
    """Both ways to spend more: samples of the same images, or images; measured, and as the formula says."""
    few = stage.more_samples[0].images
    times = [one.samples for one in stage.more_samples]
    chart = figure("times the cost", "error", logarithmic="xy")
    ways = {"more samples": stage.more_samples, "more images": stage.more_images}
    for name, cells in ways.items():
        values = [one.spread**0.5 for one in cells]
        bars = [one.spread_error / (2 * value) for one, value in zip(cells, values, strict=True)]
        chart.add_scatter(x=times, y=values, error_y=errors(bars), name=name, mode="markers", hovertemplate="%{y:.3g}")
    for cells in ways.values():
        _add_prediction(chart, stage, times, cells)
    floor = (stage.single.between / few) ** 0.5
    level(chart, times, floor, "images’ share")
    powers_across(chart, times)
    show(chart, f"From {few} images with one sample on, {STAGES[stage.name]}", "gradient error with more")


def _add_prediction(chart: Any, stage: Stage, times: list[int], cells: tuple[Spread, ...]) -> None:
    chart.add_scatter(
        x=times,
        y=[stage.predicted(one.samples, one.images) ** 0.5 for one in cells],
        mode="lines",
        line={"dash": "dash", "width": 1.5, "color": "gray"},
        name="formula",
        legendgroup="formula",
        showlegend=cells is stage.more_samples,
        hoverinfo="skip",
    )


def bounds_chart(found: Bounds) -> None:
    """The bound against K, and log p(x) where it is known."""
    title = "The bound of K samples: a linear model" if found.model == "linear" else "The same: the model of digits"
    chart = figure("samples K", "nats an image", logarithmic="x")
    chart.add_scatter(
        x=found.samples,
        y=found.bounds,
        error_y=errors(found.errors),
        name="bound of K samples",
        mode="lines+markers",
        hovertemplate="%{y:.2f} nats",
    )
    if found.log_likelihood is not None:
        level(chart, found.samples, found.log_likelihood, "log p(x), exact")
    powers_across(chart, found.samples)
    show(chart, title, f"bounds of a {found.model} model")


def signal_chart(found: Signals) -> None:
    """How far the encoder's gradient stands out of its noise, for both bounds."""
    chart = figure("samples K", "signal / noise", logarithmic="xy")
    for name, values in {"ELBO": found.elbo, "IWAE bound": found.iwae}.items():
        chart.add_scatter(x=found.samples, y=values, name=name, mode="lines+markers", hovertemplate="%{y:.2f}")
    powers_across(chart, found.samples)
    show(chart, "The encoder’s gradient: signal over noise", "signal over noise")

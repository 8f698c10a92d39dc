"""Lesson 5 on the page: a list of models that grows, one for each σ, with their figures, sheets and charts."""

import base64
from typing import Any

import streamlit as st

from ui.learn.choices import choose, draws, offer_other_draws
from ui.learn.figures import decades, figure, show
from ui.learn.under_way import Parts, of_kind, show_work
from ui.signed import percent, signed
from vae_core.lessons.orders import Asked, BetaCheck, Dimensions, Memorised, Trained, VarianceOrder

CHOICES: tuple[Dimensions, ...] = (2, 8, 16)
BESIDE = 3  # sheets in a row
DIMENSIONS = "lesson 5 dimensions"


def show_variance() -> list[Asked]:
    """The number of latent dimensions, the start, and the models so far; returns what it shows."""
    st.markdown("#### Train it for several σ")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen: Dimensions = choose("Latent dimensions", CHOICES, 8, DIMENSIONS)
        offer_other_draws("lesson 5")
    order = VarianceOrder(latent_dim=chosen, seed=draws("lesson 5"))
    takes = "Seven small models of digits, a few seconds each; the first is there in some ten seconds."
    show_work(order, _draw, begin="Train them", takes=takes)
    return [order]


def _draw(parts: Parts) -> None:
    models = sorted((Trained.model_validate(part) for part in of_kind(parts, "trained")), key=lambda one: one.variance)
    checks = [BetaCheck.model_validate(part) for part in of_kind(parts, "beta")]
    if models:
        st.markdown(answer(models, checks))
        left, right = st.columns(2)
        with left:
            _error_chart(models)
        with right:
            _elbo_chart(models)
        _show_models(models)
    for part in of_kind(parts, "memorised"):
        found = Memorised.model_validate(part)
        st.markdown(about_memory(found))
        _memory_chart(found)


def answer(models: list[Trained], checks: list[BetaCheck]) -> str:
    """What σ did, in figures: where the learned one landed, and what the ends of the list became."""
    words = []
    for one in (each for each in models if each.learned):
        away = one.variance / one.fitting_variance - 1
        words.append(
            f"**Learned, σ lands at {one.variance:.4f}.** The mean square error of its images, the best σ in closed "
            f"form, is {one.fitting_variance:.4f}: {percent(abs(away), 1)} away."
        )
    collapsed = [one for one in models if one.active_units == 0]
    if collapsed:
        words.append(
            f"**At σ = {min(one.variance for one in collapsed):.3g} the model has collapsed**: no latent dimension "
            "says anything, and every sample is the mean image."
        )
    for check in checks:
        words.append(
            f"**β = 2σ**, σ being the variance: with σ = {check.variance:g}, the gradients of ‖x − μ‖² + "
            f"{check.beta:g}·KL and of −2σ·ELBO, {check.weights:,} numbers each, differ by "
            f"{check.largest_difference:.0e} of the largest at most: the last digit of 64 bits."
        )
    return "\n\n".join(words)


def about_memory(found: Memorised) -> str:
    """Where a learned σ goes when there is little to learn."""
    return (
        f"**Where it breaks: σ → 0.** Given {found.images} images only, a model learns them by heart. With a learned σ "
        f"the ELBO then has no upper limit: after {found.steps[-1]:,} steps σ is {found.variances[-1]:.1g} and "
        f"falling, the ELBO of those images {signed(found.elbos[-1], 0)} nats and rising; that of other images is "
        f"{signed(found.held_out_elbos[-1], 0)}. A fixed σ is a floor that forbids this."
    )


def _error_chart(models: list[Trained]) -> None:
    chart = figure("σ", "mean square error a pixel", logarithmic="x")
    variances = [one.variance for one in models]
    hover = {"mode": "lines+markers", "x": variances}
    chart.add_scatter(y=[one.image_error for one in models], name="image error", hovertemplate="%{y:.4f}", **hover)
    kls = [one.kl for one in models]
    chart.add_scatter(y=kls, name="KL (right)", yaxis="y2", hovertemplate="%{y:.1f} nats", **hover)
    chart.update_layout(yaxis2={"title": "nats", "overlaying": "y", "side": "right", "rangemode": "tozero"})
    chart.update_layout(yaxis2_showgrid=False, yaxis_rangemode="tozero")
    decades(chart, "x")
    _mark_learned(chart, models)
    show(chart, "Image error and KL against σ", "image error against the variance")


def _elbo_chart(models: list[Trained]) -> None:
    chart = figure("σ", "nats an image", logarithmic="x")
    elbos = [one.elbo for one in models]
    chart.add_scatter(
        x=[one.variance for one in models], y=elbos, name="ELBO", mode="lines+markers", hovertemplate="%{y:.1f} nats"
    )
    decades(chart, "x")
    _mark_learned(chart, models)
    show(chart, "The ELBO of held-out images against σ", "bound against the variance")


def _mark_learned(chart: Any, models: list[Trained]) -> None:
    for one in models:
        if one.learned:
            chart.add_vline(x=one.variance, line={"dash": "dot", "width": 1.5, "color": "gray"})


def _show_models(models: list[Trained]) -> None:
    """One below the other: a row of figures and the sheet."""
    st.caption("Each sheet: eight images that it was not trained on, what it makes of them, eight samples of N(0, I).")
    for row in range(0, len(models), BESIDE):
        for column, one in zip(st.columns(BESIDE), models[row : row + BESIDE], strict=False):
            with column.container(border=True):
                _show_model(one)


def _show_model(one: Trained) -> None:
    st.markdown(f"**σ = {one.variance:.3g}**" + (", learned" if one.learned else ""))
    st.caption(
        f"image error {one.image_error:.4f} · KL {one.kl:.1f} nats · {one.active_units} of {one.latent_dim} units "
        f"active · ELBO {signed(one.elbo, 1)} nats · β = {2 * one.variance:.2g}"
    )
    words = f"Images, reconstructions and samples of the model with σ = {one.variance:.3g}"
    st.image(base64.b64decode(one.sheet), width="stretch", alt=words)


def _memory_chart(found: Memorised) -> None:
    chart = figure("step", "σ", logarithmic="xy")
    chart.add_scatter(x=found.steps, y=found.variances, name="σ", mode="lines+markers", hovertemplate="%{y:.2g}")
    decades(chart, "xy")
    show(chart, f"σ learned on {found.images} images", "variance of a model that learns by heart")

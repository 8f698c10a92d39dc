"""Lesson 4 on the page: a small model is trained and its gradient measured; the answer in figures, and the charts."""

from itertools import pairwise

import streamlit as st

from ui.learn.choices import choose, draws, offer_other_draws
from ui.learn.noise_charts import bounds_chart, equal_cost_chart, more_chart, signal_chart
from ui.learn.under_way import Parts, of_kind, show_work
from ui.signed import percent, signed
from vae_core.lessons.orders import Asked, Bounds, Cost, NoiseOrder, Signals, Spread, Stage

COST = "lesson 4 cost"
COMPARED = 8  # samples that the answer compares with one
COSTS: tuple[Cost, ...] = (32, 128, 512)


def show_noise() -> list[Asked]:
    """The cost to divide, the start, and what was found; returns what it shows."""
    st.markdown("#### Measure it")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cost: Cost = choose("Samples × images", COSTS, 128, COST)
        offer_other_draws("lesson 4")
    order = NoiseOrder(cost=cost, seed=draws("lesson 4"))
    show_work(
        order, _draw, begin="Train and measure", takes="A small model of digits is trained; some 20 seconds in all."
    )
    return [order]


def _draw(parts: Parts) -> None:
    stages = [Stage.model_validate(part) for part in of_kind(parts, "stage")]
    bounds = [Bounds.model_validate(part) for part in of_kind(parts, "bounds")]
    signals = [Signals.model_validate(part) for part in of_kind(parts, "signals")]
    if stages:
        st.markdown(answer(stages[-1]))
        left, right = st.columns(2)
        with left:
            equal_cost_chart(stages)
        with right:
            more_chart(stages[-1])
        st.markdown(where_it_breaks(stages))
    if bounds:
        st.markdown(about_bounds(bounds))
        for column, each in zip(st.columns(2), bounds, strict=False):
            with column:
                bounds_chart(each)
    for found in signals:
        st.markdown(about_signals(found))
        signal_chart(found)


def answer(stage: Stage) -> str:
    """The lesson's answer with the figures measured last: one sample against eight at equal cost."""
    by_samples = {one.samples: one for one in stage.equal_cost}
    one, other = by_samples[1], by_samples[COMPARED]
    ratio = _error(other) / _error(one)
    endless = one.images * stage.single.spread / stage.single.between
    return (
        f"**One sample at batch {one.images}**: the gradient is off by {_with_error(one)}. {COMPARED} samples at batch "
        f"{other.images}, at the same cost, are off by {_with_error(other)}: **{ratio:.1f} times as far**. "
        f"Even endless samples of {one.images} images would be worth no more than one sample each of "
        f"{endless:,.0f} images. (After {stage.steps:,} steps; off by: the root of the mean square distance from the "
        "gradient of all images, ± its standard error.)"
    )


def where_it_breaks(stages: list[Stage]) -> str:
    """What is only partly true of it, with figures."""
    last = stages[-1]
    first, most = last.more_samples[0], last.more_samples[-1]
    floor = (last.single.between / first.images / first.spread) ** 0.5
    best = " and ".join(f"{best_samples(stage):.1f} ({stage.name} in training)" for stage in stages)
    return (
        f"**Where it breaks: small batches.** Where memory holds {first.images} images and no more, {most.samples} "
        f"samples each bring the error down to {percent(_error(most) / _error(first))}. By the formula endless ones "
        f"come to {percent(floor)}: then only which images were drawn is left. And samples of one image share its way "
        "through the encoder, so K of them cost less than K images. If one counts each way through a network, the best "
        f"number of samples is the root of the noise's share over the images' share: {best}."
    )


def best_samples(stage: Stage) -> float:
    """K that makes (V_images + V_noise / K)·(1 + K) least: an encoder's and K decoders' passes an image."""
    return (stage.single.noise / stage.single.between) ** 0.5


def about_bounds(bounds: list[Bounds]) -> str:
    """How far the bounds of one sample and of the most are from log p(x)."""
    linear = bounds[0]
    if linear.log_likelihood is None:
        return ""
    gaps = [linear.log_likelihood - bound for bound in (linear.bounds[0], linear.bounds[-1])]
    rises = all(after > before for before, after in pairwise(linear.bounds))
    return (
        "**The bound of K samples** (IWAE) is another matter: there each K is another goal. Of a linear model log p(x) "
        f"is known exactly: {signed(linear.log_likelihood, 2)} nats an image. The ELBO lies {gaps[0]:.2f} below; the "
        f"bound {'rises with every step' if rises else 'moves'} to {gaps[1]:.2f} ± {linear.errors[-1]:.2f} below at "
        f"{linear.samples[-1]} samples."
    )


def about_signals(found: Signals) -> str:
    """What training a higher bound costs the encoder."""
    first, last = found.samples[0], found.samples[-1]
    return (
        f"**A tighter bound teaches the encoder less.** With {last} samples in place of {first}, the encoder's "
        f"gradient of the ELBO stands out of its noise {found.elbo[-1] / found.elbo[0]:.1f} times as clearly: the root "
        f"of {last}. That of the IWAE bound: {found.iwae[-1] / found.iwae[0]:.2f} times."
    )


def _error(spread: Spread) -> float:
    return spread.spread**0.5


def _with_error(spread: Spread) -> str:
    return f"{_error(spread):.3g} ± {spread.spread_error / (2 * _error(spread)):.1g}"

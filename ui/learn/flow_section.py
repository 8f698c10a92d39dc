"""Lesson 7 on the page: a flow trained on points in the plane, which the picture above shows, and a model's priors."""

import base64
from typing import Any

import streamlit as st

from serving.explorable_models import find_models
from serving.lessons import LESSONS
from ui.learn.choices import begin_with, choose, chosen, draws, keep, offer_other_draws
from ui.learn.figures import errors, figure, level, show
from ui.learn.under_way import Parts, of_kind, show_work
from ui.models.images_at_hand import hinders_mapping
from ui.plain_words import one_line_of
from ui.signed import signed
from vae_core.checkpoint.layout import CheckpointSummary
from vae_core.lessons.orders import Asked, FlowOrder, FlowStep, PriorPart, PriorsOrder, Shape

SHAPE, LAYERS, MODEL = "lesson 7 data", "lesson 7 layers", "lesson 7 model"
SHAPES: tuple[Shape, ...] = ("two moons", "spiral", "ring", "eight Gaussians")
PREFERRED = ("fashion-16d", "mnist-16d", "digits-2d")  # by how plainly N(0, I) misses what they have learned
TITLES = {"N(0, I)": "N(0, I)", "mixture": "the fitted mixture", "flow": "a flow, fitted now"}


def trained_flow() -> dict[str, Any] | None:
    """The record of the flow that the page's settings ask for, as far as it has been trained; for the picture."""
    lesson = LESSONS.of(_order())
    records = of_kind(lesson.parts, "flow") if lesson is not None else []
    return records[-1]["record"] if records else None


def show_flow() -> list[Asked]:
    """What to train a flow on, the start and the curve; then the priors of a model; returns what it shows."""
    st.markdown("#### Train a flow")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choose("Data", SHAPES, SHAPES[0], SHAPE)
        choose("Layers", (2, 4, 8, 12), 8, LAYERS)
        offer_other_draws("lesson 7")
    takes = "Some ten seconds. The picture above then shows the flow that was trained, at several moments of its way."
    show_work(_order(), _draw_steps, begin="Train the flow", takes=takes, shown_above="flow")
    st.markdown("#### The prior of a trained VAE")
    return [_order(), *_show_priors()]


def _order() -> FlowOrder:
    return FlowOrder(shape=chosen(SHAPE, SHAPES[0]), layers=chosen(LAYERS, 8), seed=draws("lesson 7"))


def _draw_steps(parts: Parts) -> None:
    steps = [FlowStep.model_validate(part) for part in of_kind(parts, "step")]
    if not steps:
        return
    last = steps[-1]
    st.markdown(
        f"After {last.step:,} of {last.steps:,} steps: KL(data ‖ flow) = **{last.divergence:.3f} ± "
        f"{last.divergence_error:.3f} nats**. Of points that it has not seen, the flow's mean negative log density is "
        f"{last.negative_log_likelihood:.3f}. The data's own is known here: "
        f"{last.data_negative_log_likelihood:.3f}, and no density can do better."
    )
    chart = figure("step", "nats")
    at = [one.step for one in steps]
    own = [one.negative_log_likelihood for one in steps]
    chart.add_scatter(x=at, y=own, name="of the flow", mode="lines", hovertemplate="%{y:.3f} nats")
    level(chart, [0, last.steps], last.data_negative_log_likelihood, "of the data itself")
    chart.update_xaxes(range=[0, last.steps])
    show(chart, "Negative log density of unseen points", "negative log density")


def _show_priors() -> list[Asked]:
    models = {summary.name: summary for summary in _models()}
    if not models:
        st.caption("No model here has its images on this machine: train one, and come back.")
        return []
    begin_with(MODEL, next((each for each in (chosen(MODEL, ""), *PREFERRED) if each in models), next(iter(models))))
    name = st.selectbox(
        "Model",
        list(models),
        format_func=lambda each: one_line_of(models[each].title),
        key=MODEL,
        width=320,
    )
    order = PriorsOrder.of(models[keep(MODEL, name)].path)
    takes = "Images are encoded, and a flow is fitted to their encodings: some 20 seconds."
    show_work(order, _draw_priors, begin="Compare three priors", takes=takes)
    return [order]


def _models() -> list[CheckpointSummary]:
    """Those whose encoder and images are here."""
    found = (model.summary for model in find_models().explorable.values())
    return [each for each in found if hinders_mapping(each) is None and each.model.latent_dim > 1]


def _draw_priors(parts: Parts) -> None:
    priors = [PriorPart.model_validate(part) for part in of_kind(parts, "prior")]
    if not priors:
        return
    st.markdown(about_priors(priors))
    for column, prior in zip(st.columns(3), priors, strict=False):
        with column:
            st.markdown(f"**{TITLES[prior.name]}**")
            words = f"24 images decoded from draws of {TITLES[prior.name]}"
            st.image(base64.b64decode(prior.sheet), width="stretch", alt=words)
            density = f"{signed(prior.log_density, 2)} ± {prior.log_density_error:.2f}"
            st.caption(f"log density of unseen encodings {density} nats")
    if len(priors) > 1:
        chart = figure("", "nats an image")
        others = priors[1:]
        names, gains = [TITLES[one.name] for one in others], [one.difference for one in others]
        chart.add_bar(x=names, y=gains, error_y=errors([one.difference_error for one in others]), width=0.4)
        chart.update_layout(showlegend=False, xaxis_type="category")
        show(chart, "Gain over N(0, I), unseen encodings", "gain of each prior")


def about_priors(priors: list[PriorPart]) -> str:
    """Which prior describes the encodings best, and by how much."""
    best = max(priors, key=lambda one: one.log_density)
    words = f"Of {priors[0].images:,} images that it was not fitted to, "
    if best.name == "N(0, I)":
        return words + "no prior so far makes the encodings likelier than N(0, I) does."
    return words + (
        f"**{TITLES[best.name]}** makes the encodings likeliest: {best.difference:.2f} ± {best.difference_error:.2f} "
        "nats an image more than N(0, I). The ELBO under that prior is higher by as much; the decoder is the same."
    )

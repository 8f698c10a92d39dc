"""What trains on the Learn page, as Streamlit runs it: the start, how far it is, a stop, and what was found."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from serving.lessons import LESSONS
from tests.shipped_models import MODELS
from vae_core.lessons.orders import (
    Asked,
    BetaCheck,
    Bounds,
    FlowOrder,
    FlowPart,
    FlowStep,
    Memorised,
    NoiseOrder,
    PriorPart,
    PriorsOrder,
    PriorTitle,
    Signals,
    Spread,
    Stage,
    Trained,
    VarianceOrder,
)
from vae_core.progress import Progress

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
IMAGES, NOISE = 300.0, 500.0  # variances of a gradient


@dataclass
class Told:
    """What a lesson has told so far, without a process that trains."""

    order: Asked
    parts: list[dict[str, Any]]
    done: bool = True
    stopped: bool = False
    problem: str | None = None
    share: float = 0.25
    seconds_left: float | None = 12.0
    progress: Progress = field(default_factory=lambda: Progress("Training 7 models", 1, 4))

    def stop(self) -> None:
        self.stopped = self.done = True


class Server:
    """The lessons that are known, as if they had been begun, and those that the page has begun."""

    def __init__(self) -> None:
        self.known: dict[Asked, Told] = {}
        self.begun: list[Asked] = []

    def tell(self, told: Told) -> Told:
        self.known[told.order] = told
        return told


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(LESSONS, "of", server.known.get)
    monkeypatch.setattr(LESSONS, "start", server.begun.append)
    return server


def part_of_page(name: str) -> AppTest:
    module = f"{name.removeprefix('show_')}_section"
    return AppTest.from_string(f"from ui.learn.{module} import {name}\n{name}()", default_timeout=60).run()


def written(app: AppTest) -> str:
    assert not app.exception
    return " ".join(element.value for element in [*app.markdown, *app.caption, *app.info, *app.error])


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def cell(samples: int, images: int) -> Spread:
    noise = NOISE / samples / images
    spread = IMAGES / images + noise
    return Spread(
        samples=samples, images=images, spread=spread, spread_error=spread / 50, noise=noise, noise_error=noise / 50
    )


def stage() -> dict[str, Any]:
    powers = [2**power for power in range(7)]
    return Stage(
        name="late",
        steps=1000,
        single=cell(1, 1),
        equal_cost=tuple(cell(128 // images, images) for images in (*powers, 128)),
        more_samples=tuple(cell(count, 8) for count in powers),
        more_images=tuple(cell(1, 8 * count) for count in powers),
    ).model_dump()


def trained(variance: float, *, learned: bool = False, active: int = 8) -> dict[str, Any]:
    return Trained(
        learned=learned,
        variance=variance,
        fitting_variance=0.02,
        image_error=0.021,
        kl=10.0,
        elbo=20.0,
        active_units=active,
        latent_dim=8,
        sheet=PIXEL,
    ).model_dump()


def test_nothing_is_trained_until_the_button_is_pressed(server: Server) -> None:
    app = part_of_page("show_noise")
    assert "Train and measure" in labels(app)
    assert not app.get("plotly_chart")
    app.button[labels(app).index("Train and measure")].click().run()
    assert server.begun == [NoiseOrder()]
    app.session_state["lesson 4 cost"] = 512
    app.run().button[labels(app).index("Train and measure")].click().run()
    assert server.begun[1:] == [NoiseOrder(cost=512)]


def test_the_answer_of_lesson_4_is_what_was_measured(server: Server) -> None:
    bounds = Bounds(
        model="linear", images=10, samples=(1, 2), bounds=(-30.0, -25.0), errors=(0.1, 0.1), log_likelihood=-20.0
    )
    signals = Signals(samples=(1, 16), elbo=(0.5, 2.0), iwae=(0.5, 0.25))
    server.tell(Told(NoiseOrder(), [stage(), bounds.model_dump(), signals.model_dump()]))
    app = part_of_page("show_noise")
    words = written(app)
    one, eight = (800 / 128) ** 0.5, ((300 + 500 / 8) / 16) ** 0.5
    assert f"{one:.3g} ±" in words
    assert f"{eight / one:.1f} times as far" in words
    assert f"{128 * 800 / 300:,.0f} images" in words, "what endless samples are worth"
    assert f"{100 * (300 / 800) ** 0.5:.0f} %" in words, "what more samples of a small batch cannot fall below"
    assert f"{(500 / 300) ** 0.5:.1f} (late in training)" in words
    assert "The ELBO lies 10.00 below" in words
    assert "4.0 times as clearly" in words
    assert "0.50 times" in words
    assert len(app.get("plotly_chart")) == 4
    assert "Train and measure" not in labels(app), "it is there already"


def test_other_draws_are_another_order_and_what_was_found_before_stays(server: Server) -> None:
    server.tell(Told(NoiseOrder(), [stage()]))
    app = part_of_page("show_noise")
    app.button[labels(app).index("Other draws")].click().run()
    assert not app.get("plotly_chart")
    app.button[labels(app).index("Train and measure")].click().run()
    assert server.begun == [NoiseOrder(seed=1)]
    app.session_state["lesson 4 draws"] = 0
    assert app.run().get("plotly_chart")


def test_models_are_shown_as_they_come_with_progress_and_time_left_and_can_be_stopped(server: Server) -> None:
    told = server.tell(Told(VarianceOrder(), [trained(0.03)], done=False))
    app = part_of_page("show_variance")
    assert "σ = 0.03" in written(app)
    (bar,) = app.get("progress")
    assert (bar.proto.value, bar.proto.text) == (25, "Training 7 models, about 10 seconds left in this step")
    told.parts.append(trained(1.0, active=0))
    assert "At σ = 1 the model has collapsed" in written(app.run())
    app.button[labels(app).index("Stop")].click().run()
    assert told.stopped
    assert "It was stopped" in written(app)
    assert "σ = 0.03" in written(app)
    assert "Begin again" in labels(app)


def test_the_answer_of_lesson_5_says_where_the_learned_variance_landed_and_where_it_breaks(server: Server) -> None:
    check = BetaCheck(variance=0.03, beta=0.06, weights=9936, largest_difference=6e-16)
    memorised = Memorised(
        images=8, steps=(50, 100), variances=(0.1, 1e-5), elbos=(-30.0, 266.0), held_out_elbos=(-35.0, -20000.0)
    )
    parts = [trained(0.0204, learned=True), trained(0.3), check.model_dump(), memorised.model_dump()]
    server.tell(Told(VarianceOrder(), parts))
    app = part_of_page("show_variance")
    words = written(app)
    assert "σ lands at 0.0204" in words
    assert "2.0 % away" in words
    assert "β = 2σ" in words
    assert "6e-16" in words
    assert "−20,000" in words
    assert len(app.get("plotly_chart")) == 3


def test_a_failure_is_told_and_what_was_found_until_then_stays(server: Server) -> None:
    server.tell(Told(VarianceOrder(), [trained(0.03)], problem="The disk is full."))
    app = part_of_page("show_variance")
    assert "The disk is full." in written(app)
    assert "σ = 0.03" in written(app)
    assert "Begin again" in labels(app)


def test_a_flows_curve_stands_beside_the_datas_own_density_and_its_record_goes_to_the_picture(server: Server) -> None:
    def step(at: int, divergence: float) -> dict[str, Any]:
        return FlowStep(
            step=at,
            steps=100,
            negative_log_likelihood=1.5 + divergence,
            data_negative_log_likelihood=1.5,
            divergence=divergence,
            divergence_error=0.01,
        ).model_dump()

    records = [FlowPart(record={"version": 1, "name": name}).model_dump() for name in ("first", "last")]
    server.tell(Told(FlowOrder(), [step(0, 1.0), records[0], step(100, 0.04), records[1]]))
    app = part_of_page("show_flow")
    assert "0.040 ± 0.010 nats" in written(app)
    assert "1.540" in written(app)
    given = AppTest.from_string(
        "import streamlit as st\nfrom ui.learn.flow_section import trained_flow\n"
        "st.write((trained_flow() or {}).get('name'))"
    ).run()
    assert written(given) == "last"


def prior(name: PriorTitle, gain: float) -> dict[str, Any]:
    return PriorPart(
        name=name,
        log_density=-3.0 + gain,
        log_density_error=0.05,
        difference=gain,
        difference_error=0.02,
        images=1000,
        sheet=PIXEL,
    ).model_dump()


def compared(app: AppTest) -> str:
    """What the page says of the priors: all that is written below their heading."""
    return written(app).partition("#### The prior of a trained VAE")[2]


def test_priors_are_told_of_as_they_come_and_the_best_is_named(server: Server) -> None:
    order = PriorsOrder.of(MODELS / "digits-2d")
    told = server.tell(Told(order, [prior("N(0, I)", 0.0)], done=False))
    app = part_of_page("show_flow")
    app.selectbox[0].select("digits-2d").run()
    assert "no prior so far makes the encodings likelier" in compared(app)
    assert "−3.00 ± 0.05 nats" in compared(app)
    (bar,) = app.get("progress")
    assert "about 10 seconds left" in bar.proto.text
    told.parts += [prior("mixture", 0.5), prior("flow", 0.4)]
    told.done = True
    app.run()
    words = compared(app)
    assert "Of 1,000 images that it was not fitted to, **the fitted mixture**" in words
    assert "0.50 ± 0.02 nats an image more" in words
    assert "−2.60 ± 0.05 nats" in words
    assert len(app.get("plotly_chart")) == 1
    assert "Compare three priors" not in labels(app), "it is there already"


def test_another_model_is_another_order(server: Server) -> None:
    server.tell(Told(PriorsOrder.of(MODELS / "digits-2d"), [prior("N(0, I)", 0.0), prior("flow", 0.4)]))
    app = part_of_page("show_flow")
    app.selectbox[0].select("digits-2d").run()
    assert "a flow, fitted now" in compared(app)
    app.selectbox[0].select("sprites-8d").run()
    assert "a flow, fitted now" not in compared(app)
    app.button[labels(app).index("Compare three priors")].click().run()
    assert server.begun == [PriorsOrder.of(MODELS / "sprites-8d")]


def test_what_was_begun_by_other_settings_is_told_and_can_be_stopped(server: Server) -> None:
    earlier, now = server.tell(Told(FlowOrder(layers=12), [], done=False)), FlowOrder(layers=4)
    page = (
        "from ui.learn.begun import begin, show_others\n"
        "from vae_core.lessons.orders import FlowOrder\n"
        "begin(FlowOrder(layers=12))\n"
        "show_others([FlowOrder(layers={layers})])"
    )
    app = AppTest.from_string(page.format(layers=now.layers), default_timeout=60).run()
    assert "Also under way" in written(app)
    progress = app.get("progress")[0].proto.text
    assert progress == "Lesson 7, two moons, 12 layers: Training 7 models"
    app.button[labels(app).index("Stop")].click().run()
    assert earlier.stopped
    assert "Also under way" not in written(app)
    earlier.done = False
    shown = AppTest.from_string(page.format(layers=12), default_timeout=60).run()
    assert "Also under way" not in written(shown), "the lesson itself shows that one"

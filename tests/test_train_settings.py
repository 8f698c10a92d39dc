"""The settings of the Train page: a field for each of both records, their limits, conflicts said in place, the cost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ui.train import settings as page
from vae_core.checked_settings import limits
from vae_core.config import ModelConfig, TrainConfig, title_of
from vae_core.runs.run import Run, RunRequest, RunStatus
from vae_core.speed import keep_speed, speed_path, typical_speed

PAGE = Path(__file__).resolve().parents[1] / "pages" / "train.py"
WITH_THE_IMAGES = {"data", "crop", "image_size", "channels"}
RECORDS = (ModelConfig, TrainConfig)


@pytest.fixture
def app(checkpoints: Path) -> AppTest:
    """The page, opened on the digits with the first preset."""
    assert checkpoints.exists()
    return open_page()


def open_page() -> AppTest:
    return AppTest.from_file(str(PAGE), default_timeout=60).run()


def fields(app: AppTest) -> dict[str, Any]:
    """What can be set, by the setting's name in its record."""
    shown = {widget.label: widget for widget in [*app.number_input, *app.selectbox]}
    names = [name for record in RECORDS for name in record.model_fields]
    return {name: shown[title_of(name)] for name in names if title_of(name) in shown}


def choose(app: AppTest, name: str, value: Any) -> AppTest:
    return fields(app)[name].set_value(value).run()


def said(app: AppTest) -> str:
    return " ".join(element.value for element in [*app.caption, *app.warning, *app.error])


def can_start(app: AppTest) -> bool:
    return "Start training" in [button.label for button in app.button]


def networks(app: AppTest) -> Iterator[set[str]]:
    """The settings that each network shows."""
    for network in ("linear", "mlp", "conv"):
        choose(app, "network", network)
        assert not app.exception
        yield set(fields(app))


def priors(app: AppTest) -> Iterator[set[str]]:
    """The settings that each prior shows that is learned."""
    for prior in ("mixture", "flow"):
        choose(app, "prior", prior)
        assert not app.exception
        yield set(fields(app))


def test_every_setting_of_both_records_can_be_opened(app: AppTest) -> None:
    linear, mlp, conv = networks(app)
    expected = {name for record in RECORDS for name in record.model_fields} - WITH_THE_IMAGES
    mixture, flow = priors(app)
    assert (linear | mlp | conv | mixture | flow) - WITH_THE_IMAGES == expected
    assert mixture - conv == {"components"}
    assert flow - conv == {"couplings", "coupling_units"}
    assert mlp - linear == {"hidden_units", "hidden_layers", "activation"}
    assert conv - linear == {"width"}


def test_every_field_has_its_records_limits_and_a_line_that_explains_it(app: AppTest) -> None:
    choose(app, "network", "mlp")
    shown = fields(app)
    assert shown["latent_dim"].max == 512
    assert shown["batch_size"].max == 65_536
    assert shown["hidden_units"].max == 8192
    assert (shown["validation_fraction"].min, shown["validation_fraction"].max) == (0.0, 0.5)
    assert shown["seed"].max == 2**53 - 1  # a browser's numbers hold no more
    for name, widget in shown.items():
        if name not in WITH_THE_IMAGES:
            assert len(widget.help) > 10
    (number,) = [widget for widget in app.number_input if widget.label == f"{title_of('variance')}, the number"]
    assert number.max == limits(ModelConfig, "variance")[1] == 100


def test_a_setting_that_a_record_gains_is_on_the_page_by_itself() -> None:
    script = """
from pydantic import BaseModel, Field
from ui.train.settings import _fields
class Record(BaseModel):
    depth: int = Field(default=3, ge=2, le=9, title="Depth of it", description="how deep")
_fields(Record, {}, "key", {})
"""
    (widget,) = AppTest.from_string(script).run().number_input
    assert (widget.label, widget.min, widget.max, widget.value) == ("Depth of it", 2, 9, 3)


def test_what_is_chosen_is_what_the_run_is_asked_for(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def ask(*settings: Any) -> Run:
        asked.extend(settings)
        raise OSError("far enough")

    monkeypatch.setattr("vae_core.runs.control.ask", ask)
    choose(app, "network", "mlp")
    for name, value in {
        "hidden_units": 77,
        "variance": "optimal",
        "gradient_clip": 1.5,
        "samples": 3,
        "ema_decay": 0.9,
        "precision": "float32",
        "schedule": "constant",
        "seed": 9,
    }.items():
        choose(app, name, value)
        assert not app.exception
    (start,) = [button for button in app.button if button.label == "Start training"]
    start.click().run()
    _, preset, model, training = asked
    assert preset == "quick look"
    assert (model.network, model.hidden_units, model.variance) == ("mlp", 77, "optimal")
    assert (training.gradient_clip, training.samples, training.ema_decay) == (1.5, 3, 0.9)
    assert (training.precision, training.schedule, training.seed) == ("float32", "constant", 9)


def test_only_a_gaussian_has_a_variance(app: AppTest) -> None:
    assert "variance" in fields(app)
    choose(app, "likelihood", "bernoulli")
    assert "variance" not in fields(app)
    assert can_start(app)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"warm_up": 1e6}, "“KL warm-up, epochs” (1e+06 epochs) is longer than the training"),
        ({"warm_up": 2.0, "samples": 5}, "samples above 1 trains the IWAE bound, which has no beta"),
        ({"objective": "beta-tcvae", "free_bits": 0.5}, "set samples to 1 and “Free nats a dimension” to 0"),
        ({"objective": "beta-tcvae", "prior": "flow"}, "take prior standard, or objective elbo"),
        ({"validation_fraction": 0.0, "patience": 4}, "patience needs a “Validation fraction” above 0"),
        ({"binarise": "dynamic"}, "take the bernoulli likelihood, not gaussian, or binarise off"),
        ({"learning_rate": 0.0}, "“Learning rate”: Input should be greater than 0"),
    ],
)
def test_settings_that_contradict_each_other_are_said_beside_the_field(
    app: AppTest, changes: dict[str, Any], words: str
) -> None:
    for name, value in changes.items():
        choose(app, name, value)
    assert not app.exception
    assert any(words in error.value.replace("`", "") for error in app.error)
    assert any(words in caption.value.replace("`", "") for caption in app.caption)
    assert not can_start(app)


def test_an_estimate_in_plain_words_stands_under_a_preset(app: AppTest) -> None:
    assert "on this machine, and 1.1 GB of memory." in said(app)
    assert "Measuring" not in said(app)


def test_a_way_out_of_too_little_memory_can_be_followed_where_it_is_told(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "memory_left", lambda: 2 * 10**9)
    choose(app, "network", "mlp")
    choose(app, "hidden_units", 8192)
    choose(app, "hidden_layers", 3)
    assert "set “Hidden units” to 2048, and it fits" in said(app)
    choose(app, "hidden_units", 2048)
    assert not app.warning
    choose(app, "latent_dim", 512)
    choose(app, "posterior", "full")
    assert "set “Posterior covariance” to diagonal, and it fits" in said(app)
    choose(app, "posterior", "diagonal")
    assert not app.warning


@pytest.mark.usefixtures("checkpoints")
def test_a_machine_that_nobody_has_measured_is_measured_beside_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says so, never waits for it, and says it no more once the speed is there."""
    speed_path().unlink()
    started: list[bool] = []
    monkeypatch.setattr(page, "measure_in_background", lambda: started.append(True))
    monkeypatch.setattr(page, "is_measuring", lambda: bool(started) and not speed_path().exists())
    app = open_page()
    assert started == [True]
    assert "Measuring this machine …" in said(app)
    assert can_start(app)
    keep_speed(typical_speed())
    app.run()
    assert "Measuring" not in said(app)
    assert started == [True]


def test_a_machine_at_work_is_not_measured(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What trains meanwhile would make it look slow; the run's own pace tells as much."""
    speed_path().unlink()
    started: list[bool] = []
    model, training = ModelConfig(network="mlp", image_size=8), TrainConfig(data="digits")
    request = RunRequest(title="busy", preset="quick look", model=model, training=training, asked_at=1.0)
    status = RunStatus(state="training", step=1, steps=9)
    busy = Run("busy", checkpoints / "busy", request, status, alive=True)
    monkeypatch.setattr(page, "measure_in_background", lambda: started.append(True))
    monkeypatch.setattr(page, "list_runs", lambda: [busy])
    assert "on this machine, and 1.1 GB of memory." in said(open_page())
    assert not started


@pytest.mark.usefixtures("checkpoints")
def test_an_address_asks_for_settings() -> None:
    app = AppTest.from_file(str(PAGE), default_timeout=60)
    asked = {
        "prior": "flow",
        "variance": "0.05",
        "samples": "8",
        "likelihood": "unknown",
        "epochs": "-3",
        "nonsense": "1",
        "gradient_clip": "inf",
        "seed": str(2**60),
    }
    for name, value in asked.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    shown = fields(app)
    assert (shown["prior"].value, shown["samples"].value, shown["variance"].value) == ("flow", 8, "a number")
    assert [field.value for field in app.number_input if field.label == "Decoder variance σ, the number"] == [0.05]
    assert shown["likelihood"].value != "unknown"
    assert shown["epochs"].value > 0
    assert shown["seed"].value == 2**53 - 1, "the largest that a browser has"
    assert "couplings" in shown
    assert [block.proto.expanded for block in app.expander if block.label == "All settings"] == [True]

    choose(app, "prior", "mixture")
    assert fields(app)["prior"].value == "mixture", "what is chosen then stays"
    app.query_params["prior"] = "standard"
    app.run()
    assert fields(app)["prior"].value == "standard", "another address is another wish"

"""What runs are planned by: presets, counted sizes against the real models, and the estimates made of them."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from vae_core.checkpoint.layout import write_config
from vae_core.checkpoint.provenance import DataDescription
from vae_core.config import ModelConfig, TrainConfig
from vae_core.model.vae import VAE, training_loss
from vae_core.runs import planning, worker
from vae_core.runs.planning import correction, estimate, memory, shortage
from vae_core.runs.presets import PRESETS, Chosen, fitted, fitted_width, settings, suggested_preset
from vae_core.runs.queue import Told
from vae_core.runs.run import Run, RunRequest, RunStatus
from vae_core.sizes import Work, correlation_leaves, count_weights, decoder_side, encoder_side, forward_work, prior_side
from vae_core.speed import Speed, typical_speed

GB = 10**9
HUGE = {"width": 24, "latent_dim": 256, "posterior": "full"}  # 158 million weights
MODELS: list[dict[str, Any]] = [
    {"network": "linear"},
    {"network": "linear", "posterior": "full", "latent_dim": 9, "channels": 3, "image_size": 17},
    {"network": "mlp"},
    {"network": "mlp", "hidden_layers": 1, "hidden_units": 7, "latent_dim": 1, "likelihood": "bernoulli"},
    {"network": "mlp", "hidden_layers": 8, "hidden_units": 65, "posterior": "full", "image_size": 11},
    {"network": "mlp", "activation": "gated", "hidden_layers": 2, "hidden_units": 300, "likelihood": "bernoulli"},
    {"network": "mlp", "activation": "tanh", "latent_dim": 50},
    {},
    {"width": 24, "variance": 0.05},
    {"width": 24, "latent_dim": 64, "posterior": "full", "variance": "optimal"},
    {"width": 5, "image_size": 8, "latent_dim": 2},
    {"width": 8, "image_size": 64, "channels": 3, "likelihood": "continuous-bernoulli"},
    {"width": 16, "image_size": 88},
    {"width": 4, "image_size": 128, "channels": 3},
    {"network": "mlp", "prior": "mixture", "components": 500},
    {"network": "mlp", "prior": "flow", "latent_dim": 33, "couplings": 9},
    HUGE,
]


@pytest.mark.parametrize("values", MODELS, ids=str)
def test_weights_are_counted_exactly(values: dict[str, Any]) -> None:
    config = ModelConfig.parse(values)
    with torch.device("meta"):
        model = VAE(config)
    parameters = list(model.parameters())
    assert count_weights(config) == sum(parameter.numel() for parameter in parameters)
    assert sum(side(config).tensors for side in (encoder_side, decoder_side, prior_side)) == len(parameters)


def left_behind(config: ModelConfig, images: int, samples: int = 1, **asked: Any) -> float:
    """Numbers that autograd keeps of a step's loss, those of the weights apart."""
    model = VAE(config)
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage().data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    x = torch.rand(images, config.channels, config.image_size, config.image_size)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        training_loss(model, x, torch.randn(samples, images, config.latent_dim), images=images, **asked)
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values()) / 4


@pytest.mark.parametrize("samples", [1, 5])
@pytest.mark.parametrize("values", MODELS[:-1], ids=str)
def test_what_is_left_behind_is_what_autograd_keeps(values: dict[str, Any], samples: int) -> None:
    config = ModelConfig.parse(values)
    images = 16 if config.prior != "mixture" else 200  # which leaves something for the whole batch as well
    left = left_behind(config, images, samples)
    of_a_latent = decoder_side(config).leaves + prior_side(config).leaves
    counted = images * (encoder_side(config).leaves + samples * of_a_latent)
    assert 0.7 * left < counted < 1.3 * left


@pytest.mark.parametrize("posterior", ["diagonal", "full"])
def test_what_a_total_correlation_leaves_behind_is_counted(posterior: str) -> None:
    config, images = ModelConfig.parse({"network": "linear", "latent_dim": 12, "posterior": posterior}), 300
    left = left_behind(config, images, objective="beta-tcvae", beta=2.0) - left_behind(config, images)
    assert 0.7 * left < images * correlation_leaves(config, images) < 1.3 * left


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
@pytest.mark.parametrize(("images", "size", "channels"), [(100, 8, 1), (1438, 8, 1), (60_000, 28, 1), (5000, 64, 3)])
def test_presets_fit_every_data_set(preset: Any, images: int, size: int, channels: int) -> None:
    chosen = settings(preset, "digits", images, size, channels)
    assert (chosen.model.image_size, chosen.model.channels) == (size, channels)
    steps = chosen.training.epochs * -(-images // chosen.training.batch_size)
    assert steps >= fitted(preset, images, size, channels).fewest_steps
    assert estimate(chosen, images, [], typical_speed()).seconds > 0


@pytest.mark.parametrize(
    ("images", "size", "channels", "name", "because"),
    [
        (7_000, 28, 1, "quick look", ""),
        (7_000, 28, 3, "balanced", "colours"),
        (7_000, 64, 1, "balanced", "large"),
        (300, 28, 1, "balanced", "few images"),
    ],
)
def test_a_preset_is_suggested_by_the_images_and_says_why(
    images: int, size: int, channels: int, name: str, because: str
) -> None:
    preset, why = suggested_preset(images, size, channels)
    assert preset.name == name
    assert because in why
    assert bool(why) == (preset != PRESETS[0])
    assert preset.model["network"] == ("conv" if why else "mlp")


@pytest.mark.parametrize(
    ("images", "size", "channels", "network"),
    [
        (210, 28, 1, "mlp"),
        (210, 32, 1, "mlp"),
        (210, 128, 1, "conv"),
        (210, 16, 3, "conv"),
        (210, 48, 3, "conv"),
        (210, 30, 3, "mlp"),
        (210, 4, 3, "mlp"),
        (160_000, 64, 3, "mlp"),
    ],
)
def test_a_quick_look_at_pictures_is_convolutional_where_size_and_number_allow_it(
    images: int, size: int, channels: int, network: str
) -> None:
    preset = fitted(PRESETS[0], images, size, channels)
    assert preset.model["network"] == network
    assert ("convolutional" in preset.words) == (network == "conv")


def test_a_network_is_narrower_for_larger_images_and_never_wider() -> None:
    widths = [fitted_width(24, size) for size in (8, 28, 32, 64, 128)]
    assert widths == [24, 24, 24, 16, 12]
    assert [fitted_width(8, size) for size in (8, 48, 64, 128)] == [8, 8, 8, 4]


# Images, size and channels of what people bring: pictures, digits, photographs, scans, sprites.
BROUGHT = [(210, 48, 3), (5_000, 28, 1), (20_000, 64, 3), (300, 128, 1), (60, 16, 3)]


@pytest.mark.parametrize(("images", "size", "channels"), BROUGHT)
def test_presets_are_a_ladder(images: int, size: int, channels: int) -> None:
    """Each step takes longer and has a larger network; pictures are described alike on all of them."""
    quick, balanced, best = (settings(preset, "mine", images, size, channels) for preset in PRESETS)
    seconds = [estimate(chosen, images, [], typical_speed(2)).seconds for chosen in (quick, balanced, best)]
    assert 1.5 * seconds[0] < seconds[1] < seconds[2] / 1.2
    assert seconds[0] < 240
    assert balanced.model.network == best.model.network == "conv"
    assert balanced.model.width < best.model.width
    assert quick.model.network == "mlp" or quick.model.width < balanced.model.width
    if channels == 3 or size > 32:
        assert len({(chosen.model.latent_dim, chosen.model.variance) for chosen in (quick, balanced, best)}) == 1


def test_a_quick_look_at_two_hundred_colour_pictures_is_promised_within_ninety_seconds() -> None:
    chosen = settings(PRESETS[0], "mine", 210, 48, 3)
    assert estimate(chosen, 210, [], typical_speed(2)).seconds < 90


def test_no_preset_promises_a_time_that_its_estimate_may_contradict() -> None:
    assert not [preset.name for preset in PRESETS if "minute" in preset.words or "second" in preset.words]


def test_another_likelihood_leaves_the_presets_variance_out() -> None:
    chosen = settings(PRESETS[0], "digits", 100, 8, 1, {"likelihood": "bernoulli"})
    assert chosen.model.variance is None
    assert settings(PRESETS[0], "digits", 100, 8, 1).model.variance == 0.05


def plan(model: dict[str, Any], **training: Any) -> Chosen:
    return Chosen("balanced", ModelConfig.parse(model), TrainConfig.parse({"data": "digits", "epochs": 20, **training}))


# Each change makes a run take longer, and by what factor at least.
LONGER: dict[str, tuple[Chosen, Chosen, float]] = {
    "full covariance": (plan({"latent_dim": 128}), plan({"latent_dim": 128, "posterior": "full"}), 1.2),
    "hidden units": (plan({"network": "mlp"}), plan({"network": "mlp", "hidden_units": 4096}), 5),
    "width": (plan({"width": 16}), plan({"width": 48}), 4),
    "latent numbers": (plan({}), plan({}, samples=8), 3),
    "likelihood": (
        plan({"network": "mlp"}),
        plan({"network": "mlp", "likelihood": "continuous-bernoulli"}),
        1.02,
    ),
    "averaged weights": (plan(HUGE), plan(HUGE, ema_decay=0.99), 1.05),
    "variants": (plan({"network": "linear"}, epochs=500), plan({"network": "linear"}, epochs=500, rotation=5.0), 1.02),
    "total correlation": (
        plan({"network": "mlp"}, batch_size=1024),
        plan({"network": "mlp"}, batch_size=1024, objective="beta-tcvae"),
        1.1,
    ),
    "small batches": (plan({"width": 4}), plan({"width": 4}, batch_size=1), 3),
    "epochs": (plan({}), plan({}, epochs=200), 5),
}


@pytest.mark.parametrize("case", LONGER)
def test_everything_that_takes_longer_is_estimated_to(case: str) -> None:
    before, after, factor = LONGER[case]
    first, second = (estimate(chosen, 5000, [], typical_speed(2)).seconds for chosen in (before, after))
    assert second > factor * first


def test_as_many_images_are_drawn_for_a_likelihood_as_are_planned_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    def note(*_: object, **named: Any) -> None:
        asked.update(named)
        raise Told

    flat, training = ModelConfig(latent_dim=2), TrainConfig(data="digits")
    run = object.__new__(worker._Work)
    run.folder = tmp_path
    run.request = RunRequest(title="x", preset="balanced", model=flat, training=training, asked_at=0.0)
    monkeypatch.setattr(worker, "load_checkpoint", lambda _: SimpleNamespace(model=None, fitted_prior=None))
    monkeypatch.setattr(worker, "model_images", lambda *_, **__: None)
    monkeypatch.setattr(worker, "evaluate", note)
    with pytest.raises(Told):
        run._measure()

    counted: list[float] = []

    def count(model: ModelConfig, encodes: float, decodes: float, calls: float) -> Work:
        counted.append(decodes)
        return forward_work(model, encodes, decodes, calls)

    monkeypatch.setattr(planning, "forward_work", count)
    estimate(Chosen("balanced", flat, training), 9000, [], typical_speed(4))
    once, mapped = 1000, 2 * 9000
    assert counted[-1] == once + asked["likelihood_images"] * asked["samples"] + mapped


def test_fewer_images_than_a_batch_are_not_taken_for_a_whole_one() -> None:
    model = {"image_size": 64}
    small, large = plan(model, batch_size=64, epochs=500), plan(model, batch_size=4096, epochs=500)
    assert estimate(large, 54, [], typical_speed(2)).seconds == estimate(small, 54, [], typical_speed(2)).seconds


def run_of(root: Path, asked: Chosen, images: int, speed: float, *, name: str = "mine") -> Run:
    """A finished run that trained at so many images a second."""
    folder = root / name
    data = DataDescription(name="digits", fingerprint="0" * 64, images=images)
    write_config(folder, asked.model, asked.training, data)
    request = RunRequest(title=name, preset=asked.preset, model=asked.model, training=asked.training, asked_at=1.0)
    status = RunStatus(state="finished", images_per_second=speed, step=1000, steps=1000)
    return Run(name, folder, request, status, alive=False)


def typical_rate(asked: Chosen, images: int, speed: Speed) -> float:
    """Images a second of a run that takes exactly what is estimated, its fixed parts left out."""
    epochs = asked.training.epochs
    longer = Chosen(asked.preset, asked.model, asked.training.model_copy(update={"epochs": 2 * epochs}))
    seconds = estimate(longer, images, [], speed).seconds - estimate(asked, images, [], speed).seconds
    trained = images - -(-images * asked.training.validation_fraction // 1)
    return trained * epochs / seconds


def test_runs_that_took_what_was_estimated_change_nothing(tmp_path: Path) -> None:
    """Also with fewer images than a batch: what a run passed over is not its batch size."""
    speed = typical_speed(2)
    for number, images in enumerate((54, 5000)):
        asked = plan({"network": "mlp", "image_size": 16}, epochs=3000)
        run = run_of(tmp_path, asked, images, typical_rate(asked, images, speed), name=str(number))
        assert correction(asked.model, [run], speed) == pytest.approx(1, rel=0.02)


def test_a_slow_machine_is_learned_from_its_runs_and_one_odd_run_is_not_believed(tmp_path: Path) -> None:
    speed, asked = typical_speed(2), plan({"network": "mlp"}, epochs=200)
    rate = typical_rate(asked, 5000, speed)
    slow = [run_of(tmp_path, asked, 5000, rate / factor, name=f"{factor}") for factor in (3.0, 3.1, 2.9)]
    odd = run_of(tmp_path, asked, 5000, rate / 50, name="odd")
    assert correction(asked.model, [*slow, odd], speed) == pytest.approx(3.05, rel=0.05)
    assert correction(ModelConfig(), slow, speed) == pytest.approx(3.0, rel=0.05)  # another network, the same machine


def test_a_run_that_has_hardly_begun_says_nothing(tmp_path: Path) -> None:
    speed, asked = typical_speed(2), plan({"network": "mlp"})
    run = run_of(tmp_path, asked, 5000, 10.0)
    early = Run("mine", run.folder, run.request, run.status.model_copy(update={"step": 0}), alive=True)
    assert correction(asked.model, [early], speed) == 1


@pytest.mark.parametrize(
    ("images", "size", "channels"), [(500, 28, 1), (7000, 28, 1), (60_000, 28, 1), (160_000, 64, 3), *BROUGHT]
)
@pytest.mark.parametrize("slow", ["mlp", "conv"])
def test_presets_stay_in_order_whatever_the_runs_here_went_through(
    tmp_path: Path, images: int, size: int, channels: int, slow: str
) -> None:
    """One network's runs were made on a busy machine, the other's on a quiet one."""
    speed = typical_speed(2)
    runs = []
    for number in range(4):
        network = ("mlp", "conv")[number % 2]
        asked = plan({"network": network}, epochs=200)
        rate = typical_rate(asked, 5000, speed) / (8 if network == slow else 1)
        runs.append(run_of(tmp_path, asked, 5000, rate, name=str(number)))
    quick, balanced, best = (
        estimate(settings(preset, "mine", images, size, channels), images, runs, speed).seconds for preset in PRESETS
    )
    assert quick < balanced < best


def test_a_run_that_needs_more_than_is_left_is_said_with_a_batch_that_fits() -> None:
    asked = plan({"width": 32, "image_size": 64, "channels": 3}, batch_size=2048)
    sentence = shortage(asked, 60_000, 4 * GB) or ""
    assert f"about {memory(asked, 60_000) / GB:.1f} GB of memory, but only 4.0 GB are left" in sentence
    assert "set “Batch size” to 128, and it fits" in sentence
    fitting = Chosen("best", asked.model, asked.training.model_copy(update={"batch_size": 128}))
    assert shortage(fitting, 60_000, 4 * GB) is None
    assert shortage(asked, 60_000, None) is None
    assert "take smaller images" in (shortage(asked, 60_000, GB // 2) or "")


@pytest.mark.parametrize(
    ("model", "left", "words"),
    [
        (HUGE, 4 * GB, "set “Posterior covariance” to diagonal"),
        ({"network": "mlp", "hidden_units": 8192}, 4 * GB, "set “Hidden units” to 4096"),
        ({"width": 256}, 2 * GB, "set “Network width” to 64"),
    ],
    ids=["covariance", "hidden units", "width"],
)
def test_where_no_batch_fits_another_setting_of_the_page_is_named(model: dict[str, Any], left: int, words: str) -> None:
    asked = plan(model, batch_size=8)
    assert words in (shortage(asked, 5000, left) or "")
    assert f"{memory(asked, 5000) / GB:.1f} GB" in (shortage(asked, 5000, left) or "")


def test_the_weights_of_a_full_covariance_are_counted() -> None:
    """158 million weights: themselves, gradients, two moments, and all but the gradients twice more when saved."""
    assert 158e6 * 28 < memory(plan(HUGE), 7000) < 158e6 * 60


# A run's two steps, its evaluation and its saving, and the most memory that the process ever held.
TWO_STEPS = """
import json, resource, sys, tempfile, torch
from pathlib import Path
from vae_core.config import ModelConfig, TrainConfig
from vae_core.model.vae import training_loss
from vae_core.training.state import RunState
model, batch = ModelConfig(**json.loads(sys.argv[1])), int(sys.argv[2])
state = RunState(model, TrainConfig(data="digits"), torch.device("cpu"))
for _ in range(2):
    x = torch.rand(batch, model.channels, model.image_size, model.image_size)
    loss = training_loss(state.model, x, torch.randn(1, batch, model.latent_dim), images=batch)
    state.optimizer.zero_grad()
    loss.value.backward()
    state.optimizer.step()
with torch.no_grad():
    x = torch.rand(500, model.channels, model.image_size, model.image_size)
    state.model(x, torch.randn(1, len(x), model.latent_dim))
with tempfile.TemporaryDirectory() as folder:
    (Path(folder) / "training").mkdir()
    state.save(Path(folder))
status = Path("/proc/self/status")
peaks = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")] if status.exists() else []
# The other figure is inherited from the process that started this one.
print(peaks[0].split()[1] if peaks else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize(
    ("values", "batch"),
    [
        ({"network": "conv", "width": 16, "image_size": 28}, 512),
        ({"network": "conv", "width": 32, "image_size": 64, "channels": 3}, 64),
        ({"network": "mlp", "hidden_units": 4096, "hidden_layers": 2, "image_size": 28}, 512),
        ({"network": "mlp", "hidden_units": 64, "latent_dim": 256, "posterior": "full"}, 512),
    ],
    ids=["conv", "large conv", "mlp", "full covariance"],
)
def test_memory_is_of_the_size_that_training_takes(values: dict[str, Any], batch: int) -> None:
    command = [sys.executable, "-c", TWO_STEPS, json.dumps(values), str(batch)]
    peak = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) * 1024
    estimated = memory(plan(values, batch_size=batch), 10_000)
    assert peak / 1.5 < estimated < 1.5 * peak

"""What is wrong with a run, by histories made by hand: each rule on both sides of its boundary, and what mends it."""

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from benchmarks.doctor_cases import WRONG
from tests.run_folders import add_learned, add_run
from tests.run_histories import FACTS, MODEL, SILENT, changed, epoch, evidence, found, history, silent, training
from vae_core.checkpoint.card import card_text
from vae_core.checkpoint.layout import METRICS_LINES, read_checkpoint, write_config
from vae_core.checkpoint.provenance import DataDescription
from vae_core.cli.command_line import main
from vae_core.config import ModelConfig
from vae_core.runs.doctor import evidence_of, examine, sentence_on
from vae_core.runs.mending import mend
from vae_core.runs.report import finding, mended_title
from vae_core.runs.run import Run
from vae_core.runs.symptoms import COLLAPSED, RULES
from vae_core.training.events import EpochMetrics, Terms, append_metrics
from vae_core.training.image_facts import read_facts


def test_a_healthy_run_is_left_in_peace_at_each_of_its_epochs() -> None:
    whole = history()
    for epochs in range(len(whole) + 1):
        assert examine(evidence(whole[:epochs], over=False)) is None
    assert examine(evidence()) is None
    assert examine(evidence([])) is None


def test_histories_of_before_are_judged_as_far_as_they_go() -> None:
    before = history(other_elbo=None, largest_rise=None, weights=None)
    assert examine(evidence(before, facts=None)) is None
    lost = [*before[:40], *(epoch(number, 300.0, 300.0, largest_rise=None) for number in range(41, 76))]
    assert found(lost, facts=None).kind == "learning rate"


def test_what_comes_down_is_judged_by_what_is_maximised() -> None:
    """With β of 0 the KL grows, and so the ELBO falls where all is well."""
    growing = [
        dataclasses.replace(metrics, training=Terms(1000 - 10 * number, 1000 + 10 * number, 20.0 * number))
        for number, metrics in enumerate(history(), 1)
    ]
    assert found(growing).kind == "learning rate"
    assert examine(evidence(growing, training=training(beta=0.0))) is None
    assert examine(evidence(growing, training=training(free_bits=8.0))) is None


def test_advice_on_too_few_images_is_given_once() -> None:
    first = mend("too few images", MODEL, training(), 30, ())
    assert first is not None
    assert mend("too few images", first.model, first.training, 30, ()) is None


def test_a_collapse_is_named_with_its_cause() -> None:
    result = found([silent(1000)] * 3, training=training(beta=50.0))
    assert result.kind == "collapsed"
    assert "all 10 latent dimensions: the encoder says 0.01 nats" in result.sentence
    assert "β is 50" in result.sentence
    assert changed(result, evidence(training=training(beta=50.0))) == {"beta": 1.0}
    one = dataclasses.replace(silent(1000), kl_per_dimension=[SILENT])
    assert "the one latent dimension" in found([one] * 3).sentence
    wide = MODEL.model_copy(update={"variance": 20.0})
    result = found([silent(1000)] * 3, model=wide)
    assert "σ is 20" in result.sentence
    assert changed(result, evidence(model=wide)) == {"variance": "learned", "warm_up": 15.0}
    speaking = dataclasses.replace(silent(1000), kl_per_dimension=[SILENT] * 9 + [2 * COLLAPSED])
    assert examine(evidence([speaking] * 3)) is None


def test_collapse_is_judged_by_steps_and_not_while_kl_rises() -> None:
    """Three steps an epoch, and a running average that lags: all was silent at step 28 of 1,500, and spoke at 72."""
    of_short_epochs = training(epochs=500, batch_size=1000)

    def is_said(so_far: list[EpochMetrics], **settings: Any) -> bool:
        changes = of_short_epochs.model_copy(update=settings)
        return examine(evidence(so_far, training=changes, over=False, images=3000)) is not None

    def at(step: int, kl: float) -> EpochMetrics:
        return dataclasses.replace(silent(step), kl_per_dimension=[kl] * 16)

    rise = [at(step, 0.0005 * 1.6 ** (step / 3 - 1)) for step in range(3, 120, 3)]
    for epochs in range(1, len(rise) + 1):
        assert not is_said(rise[:epochs])
        assert not is_said(rise[:epochs], epochs=10), "a short run, but KL still rises"
    flat = [at(step, SILENT) for step in range(3, 1501, 3)]
    said = [is_said(flat[:epochs]) for epochs in range(1, len(flat) + 1)]
    assert said.index(True) == 200 // 3, "from the first epoch's end after step 200 on"
    assert all(said[said.index(True) :])
    late = [at(step, SILENT) for step in range(100, 3000, 100)]
    assert not is_said(late[:9], epochs=3334), "not in the first tenth of a run of 10,002 steps"
    assert is_said(late[:11], epochs=3334)
    assert not is_said([*late, at(3000, 0.5)], epochs=3334)


@pytest.mark.parametrize(("lost", "is_named"), [(0.07, False), (0.09, True)])
def test_what_was_learned_and_lost_again_is_named(lost: float, is_named: bool) -> None:
    whole = history()
    peak = whole[39].training.bound
    gained = max(metrics.training.bound for metrics in whole) - whole[0].training.bound
    whole[40] = epoch(41, peak - lost * gained, peak)
    result = examine(evidence(whole))
    assert (result is not None) is is_named
    if result:
        assert result.kind == "learning rate"
        assert f"by epoch 41 the model had lost {lost * gained:,.0f} of the {gained:,.0f} nats" in result.sentence


@pytest.mark.parametrize(("rise", "is_named"), [(240.0, False), (260.0, True)])
def test_a_jump_of_the_loss_is_named_and_mended(rise: float, is_named: bool) -> None:
    whole = history()
    whole[20] = dataclasses.replace(whole[20], largest_rise=rise)
    fast = training(learning_rate=0.05, schedule="constant")
    result = examine(evidence(whole, training=fast))
    assert (result is not None) is is_named
    if result:
        assert "in epoch 21 the loss jumped by 260 nats from one step to the next" in result.sentence
        expected = {"learning_rate": 2e-3, "schedule": "one-cycle", "gradient_clip": 1.0}
        assert changed(result, evidence(training=fast)) == expected
        slow = mend("learning rate", MODEL, training(learning_rate=3e-3, gradient_clip=5.0), 2000, ())
        assert slow is not None
        assert slow.words == "“Learning rate” from 0.003 to 0.0003"


def test_a_run_that_only_got_worse_is_said_to_be_worse() -> None:
    falling = [epoch(number, -100.0 - 13 * number, -100.0 - 13 * number) for number in range(1, 41)]
    result = found(falling)
    assert result.kind == "learning rate"
    assert "by epoch 40 the model was 507 nats worse than in epoch 1." in result.sentence


def test_batches_that_differ_are_no_jump() -> None:
    """Nothing is learned any more, and the loss goes up and down by more than what was."""
    noisy = [epoch(number, 1.0 + 0.1 * (number % 2), 1.0, largest_rise=0.9) for number in range(1, 40)]
    assert examine(evidence(noisy)) is None


@pytest.mark.parametrize(("forgotten", "is_named"), [(10, False), (30, True)])
def test_learning_by_heart_is_named(forgotten: float, is_named: bool) -> None:
    whole = history()
    for number in range(51, 76):
        share = (number - 50) / 25
        gain = whole[number - 1].training.bound
        whole[number - 1] = epoch(number, gain + 50 * share, whole[49].watched_elbo - 1.1 * forgotten * share)
    result = examine(evidence(whole))
    assert (result is not None) is is_named
    if result:
        assert result.kind == "learned by heart"
        assert "It has learned its 1,900 images by heart: it explains them by" in result.sentence
        assert "more than at its best in epoch" in result.sentence
        assert changed(result, evidence()) == {"shift": 0.02, "rotation": 6.0, "scale": 0.06, "patience": 8}
    assert examine(evidence(whole, training=training(patience=10))) is None, "the best weights are kept in any case"


def test_what_is_varied_already_or_tiny_gets_a_smaller_network() -> None:
    varied = mend("learned by heart", MODEL, training(shift=0.1, patience=3), 2000, ())
    assert varied is not None
    assert varied.words == "“Hidden units” from 512 to 256"
    tiny = mend("learned by heart", MODEL.model_copy(update={"image_size": 8}), training(), 2000, ())
    assert tiny is not None
    assert (tiny.model.hidden_units, tiny.training.shift, tiny.training.patience) == (256, 0.0, 8)
    conv = mend("learned by heart", ModelConfig(width=4), training(shift=0.1, patience=3), 2000, ())
    assert conv is None, "it is as small as can be"


@pytest.mark.parametrize(("prior", "fewest"), [("standard", 1), ("flow", 2)])
def test_no_network_is_made_smaller_than_its_prior_can_be(prior: str, fewest: int) -> None:
    for latent_dim in (2, 3):
        linear = ModelConfig.parse({"network": "linear", "prior": prior, "latent_dim": latent_dim})
        mended = mend("too few images", linear, training(), 40, ())
        assert mended is not None
        assert mended.model.latent_dim == fewest


def test_of_one_image_none_is_held_out() -> None:
    whole = training(validation_fraction=0.0)
    mended = mend("too few images", MODEL, whole, 1, ())
    assert mended is not None
    assert (mended.training.validation_fraction, mended.training.patience) == (0.0, 0)
    two = mend("too few images", MODEL, whole, 2, ())
    assert two is not None
    assert two.training.validation_fraction == 0.2


def test_what_cannot_be_trained_is_no_advice() -> None:
    several = training(objective="beta-tcvae", beta=6.0).model_copy(update={"samples": 4})
    assert mend("averages", MODEL, several.model_copy(update={"ema_decay": 0.9}), 2000, ()) is None


def test_a_collapsed_total_correlation_is_warmed_up_as_an_elbo() -> None:
    first = mend("collapsed", MODEL, training(objective="beta-tcvae", beta=6.0), 2000, ())
    assert first is not None
    assert first.words == "“β” from 6 to 1"
    second = mend("collapsed", MODEL, first.training, 2000, ())
    assert second is not None
    assert second.training.objective == "elbo"
    assert second.training.warm_up > 0


@pytest.mark.parametrize(("images", "is_named"), [(51, True), (55, False)])
def test_too_few_images_are_counted(images: int, is_named: bool) -> None:
    result = examine(evidence(images=images))  # a twentieth is held out
    assert (result is not None) is is_named
    if result:
        assert result.kind == "too few images"
        assert "too little to learn from 48 images: it explains them by 20 nats more" in result.sentence
        changes = changed(result, evidence())
        assert changes["hidden_units"] == 256
        assert changes["validation_fraction"] == 0.2
        assert changes["shift"] == 0.05


@pytest.mark.parametrize(("error", "is_named"), [(0.04, True), (0.055, False), (0.005, False)])
def test_images_that_blur_are_named_with_their_variance(error: float, is_named: bool) -> None:
    wide = MODEL.model_copy(update={"variance": 0.5})
    result = examine(evidence(history(mean_square_error=error), model=wide))
    assert (result is not None) is is_named
    if result:
        assert result.kind == "blurred"
        assert "σ is 0.5, 12 times the square error of 0.04" in result.sentence
        assert "A decode misses 67 % of what" in result.sentence
        assert changed(result, evidence(model=wide)) == {"variance": "learned"}


def test_images_blurred_by_beta_are_named_with_it() -> None:
    bernoulli = ModelConfig(network="mlp", likelihood="continuous-bernoulli")
    blurred = history(mean_square_error=0.04, variance=None)
    result = found(blurred, model=bernoulli, training=training(beta=12.0))
    assert "Images blur: β is 12, so that the KL counts 12 times" in result.sentence
    assert changed(result, evidence(training=training(beta=12.0), model=bernoulli)) == {"beta": 1.0}
    assert examine(evidence(blurred, model=bernoulli, training=training(beta=4.0))) is None
    on_a_part = training(beta=12.0, objective="beta-tcvae")  # the whole KL counts once
    assert examine(evidence(blurred, model=bernoulli, training=on_a_part)) is None


@pytest.mark.parametrize(("behind", "is_named"), [(8.0, False), (12.0, True)])
def test_averages_that_lag_are_named_once_they_ought_to_have_caught_up(behind: float, is_named: bool) -> None:
    averaged = training(ema_decay=0.9999)
    lagging = [dataclasses.replace(metrics, other_elbo=metrics.watched_elbo - behind) for metrics in history()]
    result = examine(evidence(lagging, training=averaged))
    assert (result is not None) is is_named
    if result:
        assert "they explain images by 12.0 nats less" in result.sentence
        assert changed(result, evidence(training=averaged)) == {"ema_decay": 0.0}
    assert examine(evidence(lagging[:50], training=averaged, over=False)) is None, "they may still catch up"
    assert examine(evidence(lagging, training=training(ema_decay=0.99))) is None, (
        "they look back over 100 of 1,500 steps"
    )
    shown = [dataclasses.replace(metrics, weights="averaged") for metrics in lagging]
    assert examine(evidence(shown, training=averaged)) is None


def test_a_run_is_judged_by_its_folder_and_a_damaged_one_is_not(checkpoints: Path) -> None:
    folder = add_run(checkpoints, "mine", "finished", step=1500, steps=1500)
    assert evidence_of(folder, over=True) is None
    assert finding(Run.read(folder)) is None
    description = DataDescription(name="mnist", fingerprint="0", images=2000, class_names=("0", "1"))
    write_config(folder, MODEL, training(beta=50.0), description)
    for _ in range(3):
        append_metrics(folder, silent(1000))
    assert read_facts(folder) is None, "a run from before they were measured"
    result = finding(Run.read(folder))
    assert result is not None
    assert result.kind == "collapsed"
    with (folder / METRICS_LINES).open("a") as lines:
        lines.write(json.dumps({"epoch": 1}) + "\n")
    assert finding(Run.read(folder)) is None


def test_a_mended_run_is_called_after_the_first_one(checkpoints: Path) -> None:
    run = Run.read(add_learned(checkpoints))
    again = dataclasses.replace(run, request=run.request.model_copy(update={"title": "mine mended"}))
    assert mended_title(run) == mended_title(again) == "mine mended"


def test_each_rule_with_a_threshold_is_measured() -> None:
    """Images are all alike, or not; what was stopped has the thresholds of what was too short."""
    assert {case.wrong for case in WRONG} == set(RULES) - {"alike", "stopped"}


def test_a_network_that_a_step_has_broken_is_told_from_a_collapse() -> None:
    """Silent, and worse than the images' average; a collapsed model is as good as that."""
    flat = {"kl_per_dimension": [SILENT] * 10, "mean_square_error": 1.5 * FACTS.spread}
    dead = [epoch(number, -300.0, -300.0, **flat) for number in range(1, 40)]
    dead[0] = epoch(1, -500.0, -300.0, **flat)
    result = found(dead)
    assert result.kind == "learning rate"
    assert "decodes are 1.5 times as far from the images as their average is" in result.sentence
    as_good = [dataclasses.replace(metrics, mean_square_error=1.05 * FACTS.spread) for metrics in dead]
    assert found(as_good).kind == "collapsed"
    slow = [dataclasses.replace(metrics, training=Terms(10.0 * metrics.epoch, 0, 0)) for metrics in dead]
    assert found(slow).kind == "collapsed", "it has not found the average yet"


def test_the_command_ends_with_what_is_wrong_and_the_command_of_a_mended_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ["--model", "mlp", "--hidden-units", "8", "--latent-dim", "2", "--epochs", "25", "--beta", "1000"]
    (tmp_path / "mine-mended").mkdir()
    assert main(["train", "--data", "digits", *small, "--output", str(tmp_path / "mine")]) == 0
    *_, sentence, command = capsys.readouterr().out.strip().splitlines()
    assert sentence.startswith("The posterior has collapsed in all 2 latent dimensions")
    assert command.startswith("Mended: python -m vae_core train --data digits ")
    assert command.endswith(f"--output {tmp_path / 'mine-mended-2'}"), "what is there is left alone"
    assert "--beta" not in command
    assert sentence_on(tmp_path / "mine") == sentence
    few = ["--data", "digits", "--samples", "1", "--likelihood-images", "1"]
    assert main(["evaluate", str(tmp_path / "mine"), *few]) == 0
    copy = shutil.copytree(tmp_path / "mine", tmp_path / "copy", ignore=shutil.ignore_patterns("training"))
    assert main(["evaluate", str(copy), *few]) == 0
    assert f"- **What to know**: {sentence}\n" in (copy / "README.md").read_text(), "its history has not come along"
    recorded = read_facts(tmp_path / "mine")
    assert recorded is not None
    assert recorded.dark_ground == pytest.approx(1.0, abs=0.01)
    summary = read_checkpoint(tmp_path / "mine")
    assert f"- **What to know**: {sentence}" in card_text(summary, sentence)
    assert "What to know" not in card_text(summary)

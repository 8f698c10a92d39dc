"""The training loop: takes steps, evaluates each epoch, saves, and tells its listener. It draws nothing."""

import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from vae_core.augmentation import draw, is_varied
from vae_core.binarisation import binarised, thresholds_of_step
from vae_core.checkpoint.layout import CONFIG_FILE, RUN_FOLDER, write_config
from vae_core.checkpoint.provenance import DataDescription
from vae_core.checkpoint.replaced_weights import replace_weights
from vae_core.config import ModelConfig, TrainConfig, check_together
from vae_core.data.dataset import Dataset
from vae_core.errors import DivergedError, TrainingError, not_finite
from vae_core.model.posteriors import standard_normal
from vae_core.model.vae import VAE, Loss, training_loss
from vae_core.randomness import generator
from vae_core.training.epoch import Images, measure_epoch, write_final_weights
from vae_core.training.events import (
    Ended,
    EpochEnded,
    EpochMetrics,
    Listener,
    Outcome,
    Started,
    Stepped,
    append_metrics,
    nobody,
    read_history,
    restore_history,
)
from vae_core.training.image_facts import write_facts
from vae_core.training.preconditions import check_fit, check_room, check_same_run
from vae_core.training.schedules import learning_rate, warmed_up_beta
from vae_core.training.state import RunState
from vae_core.training.variants import Variants
from vae_core.training.workers import Workers, autocast_dtype, choose_device, join_workers, repeatable
from vae_core.workload import SAVE_PAUSE


@dataclass(frozen=True)
class TrainingResult:
    """How a run ended, where its checkpoint is, and its metrics, one record an epoch."""

    outcome: Outcome
    path: Path
    history: list[EpochMetrics]


def train(
    dataset: Dataset,
    model: ModelConfig,
    training: TrainConfig,
    output: str | Path,
    *,
    resume: bool = False,
    device: str = "auto",
    listener: Listener = nobody,
    should_stop: Callable[[], bool] = lambda: False,
    watch: Callable[[VAE], None] = lambda _model: None,
    save_interval: float = SAVE_PAUSE,
) -> TrainingResult:
    """Train a VAE on a data set into a checkpoint folder, or go on with one that was interrupted.

    Under torchrun every process calls this alike. State is saved at each epoch's end, every `save_interval`
    seconds, and when `should_stop` answers true; a resumed run ends with the weights of an uninterrupted one: bit
    for bit on the CPU, and on CUDA as far as its algorithms repeat themselves.
    `watch` sees the model at each epoch's end, before the listener hears of it; it must leave it as it is.

    Raises:
        ConfigError: the model cannot be trained in the way that is asked for.
        TrainingError: the data does not fit the model, the folder is taken, or the settings differ from those of
            the run to be resumed.
        DivergedError: the loss, the bound or the weights stopped being finite (the last good state is kept).
        CheckpointError: the saved state is damaged.
        OSError: the disk is full; what was saved before is whole.
    """
    place = choose_device(device)
    workers = join_workers(place)
    try:
        run = _Run(dataset, model, training, Path(output), place, workers, save_interval)
        with repeatable(place):
            run.open(resume)
            return run.go(listener, should_stop, watch)
    finally:
        workers.close()


class _Run:
    def __init__(
        self,
        dataset: Dataset,
        model: ModelConfig,
        training: TrainConfig,
        folder: Path,
        device: torch.device,
        workers: Workers,
        save_interval: float,
    ) -> None:
        check_together(model, training)
        check_fit(dataset, model)
        self.dataset, self.config, self.folder = dataset, training, folder
        self.device, self.workers, self.save_interval = device, workers, save_interval
        self.description = DataDescription(
            name=dataset.name,
            fingerprint=dataset.fingerprint,
            images=len(dataset),
            class_names=dataset.class_names,
        )
        self.images = Images(dataset, training)
        self.steps_per_epoch = math.ceil(len(self.images.training) / training.batch_size)
        self.steps = self.steps_per_epoch * training.epochs
        self.state = RunState(model, training, device)
        self.history: list[EpochMetrics] = []
        self.autocast = autocast_dtype(training.precision, device)
        self.variants: Variants | None = None

    def open(self, resume: bool) -> None:
        """Claim the folder for a new run, or take up the run that it holds; all workers must see the folder."""
        if self.workers.is_first:
            self._claim(resume)
        self.workers.wait()
        if not self.workers.is_first:
            self.state.load(self.folder)
            self.history = read_history(self.folder)
        self.workers.wait()

    def _claim(self, resume: bool) -> None:
        if resume and (self.folder / CONFIG_FILE).exists():
            check_same_run(self.folder, self.state.model.config, self.config, self.description)
            self.state.load(self.folder)
            self.history = restore_history(self.folder, self.state.position.last)
        elif (self.folder / CONFIG_FILE).exists():
            raise TrainingError(
                f"{self.folder} already holds a checkpoint: resume it, or choose another folder or remove it first."
            )
        else:
            check_room(self.folder)
            (self.folder / RUN_FOLDER).mkdir(parents=True, exist_ok=True)
            self.state.save(self.folder)
            self._write_kept()
            write_facts(self.folder, self.images.facts())
            write_config(self.folder, self.state.model.config, self.config, self.description)

    def go(self, listener: Listener, should_stop: Callable[[], bool], watch: Callable[[VAE], None]) -> TrainingResult:
        """Take every step that is left."""
        position = self.state.position
        listener(
            Started(
                device=str(self.device),
                precision="bfloat16" if self.autocast else "float32",
                parameters=sum(parameter.numel() for parameter in self.state.model.parameters()),
                training_images=len(self.images.training),
                validation_images=len(self.images.validation),
                steps=self.steps,
                resumed_at_step=position.step,
            )
        )
        outcome: Outcome = "finished"
        while not position.ended:
            if not self._run_epoch(listener, should_stop):
                outcome = "stopped"
                break
            self._end_epoch(listener, watch)
        if position.ended:
            outcome = "finished" if position.epoch == self.config.epochs else "early-stopped"
            if self.workers.is_first:
                write_final_weights(self.folder, self.state, self.images)
        self.workers.wait()
        listener(Ended(outcome, self.folder, self.history))
        return TrainingResult(outcome, self.folder, self.history)

    def _run_epoch(self, listener: Listener, should_stop: Callable[[], bool]) -> bool:
        """Take the rest of an epoch's steps; False if a stop was asked for, with the state saved."""
        position, config = self.state.position, self.config
        images = self.images.training
        order = torch.randperm(len(images), generator=generator(config.seed, "order", position.epoch))
        self.variants = self._draw_variants()
        saved = time.monotonic()
        self.state.model.train()
        for start in range(position.step_in_epoch * config.batch_size, len(order), config.batch_size):
            batch = images[order[start : start + config.batch_size]]
            value, stop = self._step(batch, should_stop())
            if 2 * len(batch) > min(config.batch_size, len(images)):  # the mean of a few images says nothing
                position.heard(value)
            listener(Stepped(position.step, self.steps, position.epoch, len(batch), value))
            if stop:
                self._save()
                return False
            if self.workers.is_first and time.monotonic() - saved > self.save_interval:
                self.state.save(self.folder)  # should weights have diverged, the next loss or the epoch's end says so
                saved = time.monotonic()
        return True

    def _draw_variants(self) -> Variants | None:
        """What the data set's images become in the running epoch, where they are varied."""
        if not is_varied(self.config):
            return None
        return Variants(draw(self.config, self.state.position.epoch, len(self.dataset)), self.device)

    def _step(self, batch: Tensor, stop: bool) -> tuple[float, bool]:
        """One optimiser step on the images of `batch`: the batch's loss, and whether any worker wants to stop."""
        position, config, optimizer = self.state.position, self.config, self.state.optimizer
        optimizer.param_groups[0]["lr"] = self._learning_rate(position.step)
        mine = self.workers.share(batch)
        x = self.dataset.grey(mine).to(self.device)
        if self.variants is not None:
            x = self.variants.of(x, mine)
        if config.binarise != "off":
            x = binarised(x, self._thresholds(batch, mine))
        shape = (config.samples, len(batch), self.state.model.config.latent_dim)
        source = generator(config.seed, "posterior", position.step)
        noise = self.workers.share(standard_normal(shape, x, source), dim=1)
        with torch.autocast(self.device.type, self.autocast) if self.autocast else nullcontext():
            loss = training_loss(
                self.state.model,
                x,
                noise,
                images=len(batch),
                beta=self._beta(),
                free_bits=config.free_bits,
                objective=config.objective,
                places=self.workers.share(torch.arange(len(batch))),
                total=self.workers.total,
            )
        optimizer.zero_grad()
        loss.value.backward()
        value, stop = self._exchange(loss, stop)
        if config.gradient_clip:
            torch.nn.utils.clip_grad_norm_(self.state.model.parameters(), config.gradient_clip)
        optimizer.step()
        self.state.average()
        position.step += 1
        position.step_in_epoch += 1
        return value, stop

    def _thresholds(self, batch: Tensor, mine: Tensor) -> Tensor:
        """Above which a number of this worker's images is 1."""
        if self.config.binarise == "fixed":
            return self.dataset.thresholds(mine)
        shape = (self.dataset.channels, self.dataset.image_size, self.dataset.image_size)
        drawn = thresholds_of_step(len(batch), shape, self.config.seed, self.state.position.step)
        return self.workers.share(drawn)

    def _exchange(self, loss: Loss, stop: bool) -> tuple[float, bool]:
        """Sum gradients and figures over workers; refuse to go on from a loss that is not finite."""
        flag = torch.tensor([float(stop)], device=self.device)
        own = torch.cat([loss.value.detach().reshape(1), loss.sums, flag])
        value, *sums, stops = self.workers.total_gradients(self.state.model.parameters(), own).tolist()
        position = self.state.position
        if not all(math.isfinite(number) for number in (value, *sums)):
            raise self._not_finite(f"The loss became {value} at step {position.step + 1} (epoch {position.epoch + 1})")
        position.sums = [before + number for before, number in zip(position.sums, sums, strict=True)]
        return value, stops > 0

    def _learning_rate(self, step: int) -> float:
        """That of a step, counted from 0."""
        done = step / max(1, self.steps - 1)
        return learning_rate(self.config.schedule, self.config.learning_rate, done)

    def _beta(self) -> float:
        done = self.state.position.step / self.steps_per_epoch
        return warmed_up_beta(self.config.beta, self.config.warm_up, done)

    def _end_epoch(self, listener: Listener, watch: Callable[[VAE], None]) -> None:
        """Evaluate, decide whether to go on, save, show, tell."""
        state, position = self.state, self.state.position
        rate = self._learning_rate(position.step - 1)
        metrics = self.workers.first_says(measure_epoch(state, self.images, self._beta(), rate))
        if not math.isfinite(metrics.watched_elbo):
            raise self._not_finite(f"The ELBO became {metrics.watched_elbo} in epoch {metrics.epoch}")
        position.last, position.weights = metrics, metrics.weights or "raw"
        position.epoch += 1
        position.step_in_epoch = 0
        position.sums, position.largest_rise = [0.0, 0.0, 0.0], 0.0
        position.ended = position.epoch == self.config.epochs
        if self.config.patience and metrics.validation:
            if position.best_elbo is None or metrics.validation.bound > position.best_elbo:
                position.best_elbo, position.best_epoch = metrics.validation.bound, position.epoch
                state.remember_best()
            position.ended |= position.epoch - position.best_epoch >= self.config.patience
        self._save()
        self.history.append(metrics)
        if self.workers.is_first:
            self._write_kept()  # first: what is told of an epoch is told of weights that are there
            append_metrics(self.folder, metrics)
            watch(state.evaluated)
        listener(EpochEnded(metrics))

    def _save(self) -> None:
        """Save, or end the run for all workers where the first one's weights are not finite."""
        if not self.workers.first_says(self.workers.is_first and self.state.save(self.folder)):
            raise self._not_finite(f"The weights became infinite or NaN by step {self.state.position.step}")

    def _not_finite(self, what: str) -> DivergedError:
        return not_finite(what, self.config.learning_rate, clips=self.config.gradient_clip > 0)

    def _write_kept(self) -> None:
        """Write the weights to keep; they follow from the state, so a kill loses nothing."""
        replace_weights(self.folder, self.state.kept_weights)

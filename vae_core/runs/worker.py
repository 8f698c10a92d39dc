"""What a run does when its turn has come: stages one after the other, each of which hears what the run is told."""

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from vae_core.checkpoint.card import write_card
from vae_core.checkpoint.layout import METRICS_FILE, STATE_FILE
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.data.dataset import Dataset, model_images
from vae_core.errors import DatasetError, DivergedError, SplitError
from vae_core.evaluation import evaluate
from vae_core.explorer_files.writer import project_checkpoint
from vae_core.files import write_json
from vae_core.fitting import keep_fitted_prior
from vae_core.progress import Progress
from vae_core.runs.doctor import sentence_on
from vae_core.runs.presets import preset_named
from vae_core.runs.queue import Orders, Told, leave
from vae_core.runs.run import Reporter, Run, RunRequest
from vae_core.training.epoch import Previews, keep_saved_state
from vae_core.training.events import Event, Started, Stepped, read_history
from vae_core.training.loop import train
from vae_core.workload import LIKELIHOOD_IMAGES, LIKELIHOOD_SAMPLES

# What finishing makes, by the stages that its parts tell of: in which share of the whole each one ends.
PRIOR, FIGURES, MAP, FILES = "fitting its prior", "measuring its figures", "drawing its map", "writing its files"
FINISHING = {
    "Drawing encodings": (PRIOR, 0.0, 0.02),
    "Fitting the prior": (PRIOR, 0.02, 0.15),
    "Measuring images": (FIGURES, 0.15, 0.2),
    "Estimating likelihoods": (FIGURES, 0.2, 0.3),
    "Encoding images": (MAP, 0.3, 0.35),
    "Finding neighbours": (MAP, 0.35, 0.5),
    "Loading UMAP": (MAP, 0.5, 0.5),
    "Laying out the map": (MAP, 0.5, 0.7),
    "Refining the map": (MAP, 0.7, 0.8),
    "Measuring the map": (MAP, 0.8, 0.85),
    "Making thumbnails": (FILES, 0.85, 0.88),
    "Writing the browser's files": (FILES, 0.88, 1.0),
}


def work(folder: Path, orders: Orders, reporter: Reporter) -> None:
    """Read the images, train what is left to train, and make of the weights a model to explore.

    Raises:
        Told: the run is to pause or to be removed; its process sees to that.
        MemoryError: there was not enough, wherever it was missing.
    """
    run = _Work(folder, orders, reporter)
    try:
        for stage in (run.read, run.train, run.finish):
            stage()
    except RuntimeError as error:
        if _is_out_of_memory(error):
            raise MemoryError(str(error)) from error
        raise
    # Nothing can resume it, and it takes as much room as four models.
    (folder / STATE_FILE).unlink(missing_ok=True)


def _is_out_of_memory(error: RuntimeError) -> bool:
    """Of a GPU it has a type; on the CPU the allocator says it in words that differ by system."""
    words = ("not enough memory", "can't allocate memory")
    return isinstance(error, torch.OutOfMemoryError) or any(part in str(error) for part in words)


class _Work:
    """One run's way through its stages."""

    dataset: Dataset

    def __init__(self, folder: Path, orders: Orders, reporter: Reporter) -> None:
        self.folder, self.orders, self.reporter = folder, orders, reporter
        self.request: RunRequest = Run.read(folder).request
        self.to_tell: list[str] = []  # of what came otherwise than it was asked for, when all is done

    @property
    def _keeping(self) -> bool:
        return self.orders.now() in ("keep", "keep last epoch")

    def read(self) -> None:
        """Read the images; how far that is stands where the steps will stand."""
        model, training = self.request.model, self.request.training
        self.reporter.say(state="finishing" if self._keeping else "training", detail="reading the images")

        def tell(progress: Progress) -> None:
            share = min(1.0, progress.done / progress.total) if progress.total else 0.0
            self.reporter.say_seldom(detail=f"{progress.stage[:1].lower()}{progress.stage[1:]}: {share:.0%}")

        with self.orders.end_this():
            self.dataset = model_images(model, training, data_dir=self.request.data_dir, progress=tell)

    def train(self) -> None:
        """Take the steps that are left, unless the run is to be kept as it is. Saves before it ends early."""
        if self._keeping:
            return
        previews = Previews(self.folder, self.dataset, self.request.training.seed)
        train(
            self.dataset,
            self.request.model,
            self.request.training,
            self.folder,
            resume=True,
            listener=self._hear,
            should_stop=self.orders.any,
            watch=previews.draw,
        )
        if self.orders.now() in ("pause", "discard"):
            raise Told

    def _hear(self, event: Event) -> None:
        if isinstance(event, Started):
            self.reporter.begin(event.resumed_at_step, event.steps)
        elif isinstance(event, Stepped):
            self.reporter.stepped(event.step, event.steps, event.epoch, event.images)

    def finish(self) -> None:
        """Measure the model on its test split (its training split where there is no other), and map it."""
        status = self.reporter.so_far
        self.reporter.say(**self.reporter.place, state="finishing", detail="", seconds_left=None, finished_share=0.0)
        with self.orders.end_this():
            if self._keeping:
                self.to_tell.append(f"kept after {self._take_kept():,} of {status.steps:,} steps")
            keep_fitted_prior(self.folder, self.dataset, seed=self.request.training.seed, progress=self._tell)
            self._measure()
            project_checkpoint(
                self.folder,
                self.dataset,
                points=preset_named(self.request.preset).mapped,
                seed=self.request.training.seed,
                progress=self._tell,
            )
        last = {
            "state": "finished",
            "detail": "; ".join(self.to_tell),
            "finished_share": 1.0,
            "problem": None,
            "advice": None,
        }
        leave(self.folder, self.reporter.status.model_copy(update=last))

    def _take_kept(self) -> int:
        """The weights that are kept become those of the model; returns the steps they have taken."""
        if self.orders.now() == "keep last epoch":
            return read_history(self.folder)[-1].step
        return keep_saved_state(self.folder, self.dataset, self.request.model, self.request.training)

    def _measure(self) -> None:
        checkpoint = load_checkpoint(self.folder)
        evaluation = evaluate(
            checkpoint.model,
            self._unseen(),
            prior=checkpoint.fitted_prior,
            samples=LIKELIHOOD_SAMPLES,
            likelihood_images=LIKELIHOOD_IMAGES,
            seed=self.request.training.seed,
            progress=self._tell,
        )
        _check_finite(asdict(evaluation))
        write_json(self.folder / METRICS_FILE, evaluation.to_json(), make_folder=False)
        write_card(self.folder, to_know=sentence_on(self.folder))

    def _unseen(self) -> Dataset:
        """What it is measured on: its test images; where there are none, or none to be read, those of training."""
        try:
            return model_images(self.request.model, self.request.training, "test", data_dir=self.request.data_dir)
        except SplitError:
            return self.dataset
        except DatasetError as error:
            self.to_tell.append(f"measured on its training images, since those for testing cannot be read: {error}")
            return self.dataset

    def _tell(self, progress: Progress) -> None:
        """Of finishing: what is being made, and how much of it all is done."""
        words, share = finishing(progress, self.reporter.status.finished_share)
        self.reporter.say_seldom(detail=words, finished_share=share)


def _check_finite(figures: dict[str, Any]) -> None:
    """Raises DivergedError: JSON has no NaN, and a model that measures so is none."""
    for name, value in figures.items():
        numbers = value if isinstance(value, list) else [value]
        if not all(math.isfinite(number) for number in numbers if isinstance(number, float)):
            raise DivergedError(f"The model's {name.replace('_', ' ')} is infinite or NaN.")


def finishing(progress: Progress, before: float) -> tuple[str, float]:
    """What is being made of a trained model, and how much of it all is done, 0 to 1 and never less than `before`."""
    words, begin, end = FINISHING.get(progress.stage, (MAP, before, before))
    share = min(1.0, progress.done / progress.total) if progress.total else 0.0
    return words, max(before, begin + (end - begin) * share)

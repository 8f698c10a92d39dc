"""The process of one run: waits for its turn, trains, and makes the model ready to explore."""

import os
import shutil
import sys
import time
import traceback
from pathlib import Path

from vae_core.checkpoint.card import write_card
from vae_core.checkpoint.layout import LOCK_FILE, METRICS_FILE, RESERVE_FILE
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.datasets.dataset import Dataset
from vae_core.datasets.loading import load_dataset
from vae_core.errors import DatasetError
from vae_core.evaluation import evaluate
from vae_core.explorer_files.writer import project_checkpoint
from vae_core.files import locked, write_json
from vae_core.progress import Progress, ProgressListener
from vae_core.runs.queue import turn
from vae_core.runs.report import diagnose
from vae_core.runs.run import Run, RunRequest, clear_order, read_order, write_status
from vae_core.training.events import read_history

NICENESS = 10  # the server's pages go before training
GLANCE = 0.2  # seconds between two looks at the orders
REPORT = 0.5  # seconds between two reports of progress
PATIENCE = 5.0
RESERVE = 64 * 1024  # bytes given up on a full disk, so that the run can still say what happened


def work(folder: Path) -> int:
    """Carry a run through to its end or to whatever it is told; 0 unless it failed."""
    os.nice(NICENESS)
    with locked(folder / LOCK_FILE, PATIENCE) as mine:
        if not mine:
            print(f"{folder}: another process is at work on this run.", file=sys.stderr)
            return 2
        orders = Orders(folder)
        reporter = Reporter(folder)
        try:
            (folder / RESERVE_FILE).write_bytes(bytes(RESERVE))
            with turn(folder, orders.any) as my_turn:
                if my_turn or orders.told("keep"):
                    _perform(folder, orders, reporter)
                else:
                    _leave(folder, orders, reporter)
        except Exception as error:  # whatever it was, the process ends here and its record says so
            return _fail(folder, reporter, error)
        finally:
            (folder / RESERVE_FILE).unlink(missing_ok=True)
    return 0


class Orders:
    """What the run has been told, looked up often and read from the disk seldom."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.looked_at = 0.0
        self.order: str | None = None

    def any(self) -> bool:
        """Whether there is an order."""
        if self.order is None and time.monotonic() - self.looked_at > GLANCE:
            self.looked_at = time.monotonic()
            self.order = read_order(self.folder)
        return self.order is not None

    def told(self, order: str) -> bool:
        """Whether this is the order."""
        self.any()
        return self.order == order


class Reporter:
    """Keeps the run's status file up to date."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.status = Run.read(folder).status
        self.reported_at = 0.0
        self.began_at = time.monotonic()
        self.began_step = 0
        self.images = 0

    def say(self, **changes: object) -> None:
        """Replace the status now."""
        self.status = self.status.model_copy(update=changes)
        write_status(self.folder, self.status)
        self.reported_at = time.monotonic()

    def progress(self, progress: Progress) -> None:
        """How far a stage is that is not training."""
        if time.monotonic() - self.reported_at > REPORT:
            share = progress.done / progress.total if progress.total else 0
            self.say(detail=f"{progress.stage}: {share:.0%}")

    def begin(self, step: int, steps: int) -> None:
        """Training starts, or goes on."""
        self.began_at, self.began_step, self.images = time.monotonic(), step, 0
        self.say(stage="training", detail="", step=step, steps=steps, problem=None, advice=None)

    def stepped(self, step: int, steps: int, epoch: int, images: int) -> None:
        """One more step."""
        self.images += images
        if step < steps and time.monotonic() - self.reported_at < REPORT:
            return
        seconds = time.monotonic() - self.began_at
        left = seconds / max(1, step - self.began_step) * (steps - step)
        self.say(step=step, epoch=epoch, images_per_second=self.images / seconds, seconds_left=left)


def _perform(folder: Path, orders: Orders, reporter: Reporter) -> None:
    """Train what is left to train, or keep what there is, then finish the model unless told otherwise."""
    from vae_core.datasets.loading import load_dataset
    from vae_core.runs.worker import finish
    from vae_core.training.epoch import keep_saved_state
    from vae_core.training.events import Event, Started, Stepped
    from vae_core.training.loop import train
    from vae_core.training.previews import Previews

    request = Run.read(folder).request
    model, training = request.model, request.training
    went_wrong = reporter.status.problem is not None
    keeping = orders.told("keep")
    reporter.say(stage="finishing" if keeping else "training", detail="reading the images")

    def listen(event: Event) -> None:
        if isinstance(event, Started):
            reporter.begin(event.resumed_at_step, event.steps)
        elif isinstance(event, Stepped):
            reporter.stepped(event.step, event.steps, event.epoch, event.images)

    dataset = load_dataset(
        training.data,
        data_dir=request.data_dir,
        image_size=model.image_size,
        channels=model.channels,
        crop=training.crop,
        progress=reporter.progress,
    )
    if not keeping:
        previews = Previews(folder, dataset, training.seed)
        result = train(
            dataset,
            model,
            training,
            folder,
            resume=True,
            listener=listen,
            should_stop=orders.any,
            watch=previews.draw,
        )
        keeping = result.outcome == "stopped"
        if keeping and not orders.told("keep"):
            _leave(folder, orders, reporter)
            return
    clear_order(folder)
    reporter.say(stage="finishing", detail="", seconds_left=None)
    detail = ""
    if keeping:
        steps = read_history(folder)[-1].step if went_wrong else keep_saved_state(folder, dataset, model, training)
        detail = f"kept after {steps:,} of {reporter.status.steps:,} steps"
    finish(folder, dataset, request, reporter.progress)
    reporter.say(stage="finished", detail=detail, problem=None, advice=None)


def _leave(folder: Path, orders: Orders, reporter: Reporter) -> None:
    """Do as told: pause, or remove all."""
    if orders.told("discard"):
        shutil.rmtree(folder)
        return
    clear_order(folder)
    reporter.say(stage="paused", detail="", seconds_left=None)


def _fail(folder: Path, reporter: Reporter, error: BaseException) -> int:
    """Say what went wrong and what to change; the last good state stays, and goes on where only room was missing."""
    (folder / RESERVE_FILE).unlink(missing_ok=True)
    problem = diagnose(error)
    stage = "paused" if problem.passes else "failed"
    reporter.say(stage=stage, problem=problem.words, advice=problem.advice, detail="", seconds_left=None)
    traceback.print_exc()  # last: on a full disk the log takes nothing more
    return 1


SAMPLES = 100
LIKELIHOOD_IMAGES = 150
MAPPED = {"quick look": 3000}
ALL_MAPPED = 20_000


def finish(folder: Path, dataset: Dataset, request: RunRequest, progress: ProgressListener) -> None:
    """Evaluate a run's model on its test split (its training split where there is no other) and map it."""
    model = load_checkpoint(folder).model
    evaluation = evaluate(
        model,
        _unseen(dataset, request),
        samples=SAMPLES,
        likelihood_images=LIKELIHOOD_IMAGES,
        seed=request.training.seed,
        progress=progress,
    )
    write_json(folder / METRICS_FILE, evaluation.to_json())
    write_card(folder)
    points = MAPPED.get(request.preset, ALL_MAPPED)
    project_checkpoint(folder, dataset, points=points, seed=request.training.seed, progress=progress)


def _unseen(dataset: Dataset, request: RunRequest) -> Dataset:
    try:
        return load_dataset(
            request.training.data,
            "test",
            data_dir=request.data_dir,
            image_size=dataset.image_size,
            channels=dataset.channels,
            crop=request.training.crop,
        )
    except DatasetError:
        return dataset

"""Paths, films and samples for whoever asks from another process: `python -m vae_core.films.desk`, one job at a time.

Jobs and cancellations come as lines of JSON on standard input, answers go out as lines of JSON on standard output:
`{"step": …}` again and again, of some work a coarse `{"sketch": …}` of what is to come, then `{"result": …}`,
`{"error": …}` or `{"cancelled": true}`. The desk closes with its input. So a server that is asked for heavy work stays
free of it: of its imports, its memory and its computing.
"""

import base64
import json
import math
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import torch

from vae_core.checkpoint.weights import Checkpoint, load_checkpoint
from vae_core.errors import UserError
from vae_core.films.film import FilmCancelledError, film_bytes
from vae_core.films.pictures import FilmSettings
from vae_core.films.samples import keep_samples
from vae_core.interpolation.along_data import along_data, mean_log_density
from vae_core.interpolation.descent import Geodesic
from vae_core.interpolation.frames import decoded
from vae_core.interpolation.geodesics import geodesic
from vae_core.interpolation.model_paths import decoder
from vae_core.interpolation.paths import line_path
from vae_core.progress import Progress, ProgressListener

NICENESS = 5  # the server comes first, then whoever waits for this, then training
MODELS_KEPT = 2
MEDIA_TYPES = {"gif": "image/gif", "mp4": "video/mp4", "webp": "image/webp"}
UNFORESEEN = "It stopped at something that was not foreseen; the server's log tells more."


class Job(NamedTuple):
    """What is asked for: `number` counts up; `folder` holds the checkpoint, `version` changes with its files."""

    number: int
    what: str
    folder: str
    version: str
    wish: dict[str, Any]


class Told(NamedTuple):
    """Where work tells how far it is and what it has roughly, and where it hears whether to stop."""

    progress: ProgressListener
    sketch: Callable[[dict[str, Any]], None]
    should_stop: Callable[[], bool]


class _CancelledError(Exception):
    """Nobody waits for the job any more."""


class Desk:
    """Takes jobs from `orders` and writes to `answers`; only the newest job can be under way."""

    def __init__(self, orders: BinaryIO, answers: BinaryIO) -> None:
        self.orders, self.answers = orders, answers
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._cancelled: float = -1  # this job and all before it

    def open(self) -> None:
        """Work until the orders end."""
        threading.Thread(target=self._listen, daemon=True).start()
        while (job := self._jobs.get()) is not None:
            self._say(self._answer(job))

    def _listen(self) -> None:
        for line in self.orders:
            order = json.loads(line)
            if "cancel" in order:
                self._cancelled = order["cancel"]
            else:
                self._jobs.put(Job(**order))
        self._cancelled = math.inf
        self._jobs.put(None)

    def _answer(self, job: Job) -> dict[str, Any]:
        def should_stop() -> bool:
            return self._cancelled >= job.number

        def progress(step: Progress) -> None:
            self._say({"step": {"stage": step.stage, "done": step.done, "total": step.total}})

        try:
            if should_stop():
                raise _CancelledError
            result = WORK[job.what](job, Told(progress, lambda found: self._say({"sketch": found}), should_stop))
            if should_stop():
                raise _CancelledError
            return {"result": result}
        except (_CancelledError, FilmCancelledError):
            return {"cancelled": True}
        except UserError as error:
            return {"error": str(error)}
        except Exception:
            traceback.print_exc()
            return {"error": UNFORESEEN}

    def _say(self, answer: dict[str, Any]) -> None:
        self.answers.write(json.dumps(answer).encode() + b"\n")
        self.answers.flush()


def _geodesic(job: Job, told: Told) -> dict[str, Any]:
    """The points (S·pieces + 1, D) of a path through stops (K, D), along the data or shortest in pixels."""
    stops = np.asarray(job.wish["stops"], dtype=np.float32)
    checkpoint = _checkpoint(job.folder, job.version)
    model, prior = checkpoint.model, checkpoint.data_prior
    if job.wish["mode"] == "geodesic":
        found = geodesic(model, stops, progress=told.progress, should_stop=told.should_stop)
        return _path(found, checkpoint)

    def on_sketch(sketch: Geodesic) -> None:
        told.sketch(_path(sketch, checkpoint))

    found = along_data(model, prior, stops, on_sketch=on_sketch, progress=told.progress, should_stop=told.should_stop)
    return _path(found, checkpoint)


def _path(found: Geodesic, checkpoint: Checkpoint) -> dict[str, Any]:
    """A path as the browser takes it: its points, how it compares with the line, and by which prior."""
    known = checkpoint.data_prior
    prior = known or checkpoint.prior("standard")
    line = line_path(found.path.stops).at(np.arange(len(found.points)) / found.pieces)
    return {
        "points": found.points.tolist(),
        "points_per_segment": found.pieces,
        "length": found.length,
        "line_length": found.line_length,
        "log_density": mean_log_density(prior, found.points),
        "line_log_density": mean_log_density(prior, line),
        "fitted": known is not None,
    }


def _film(job: Job, told: Told) -> dict[str, Any]:
    """The film in base64 whose frames are the images of latents (F, D)."""
    wish = job.wish
    settings = FilmSettings(wish["format"], wish["side"], wish["frames_per_second"], wish["repeat"])
    latents = np.asarray(wish["latents"], dtype=np.float32)
    images = decoded(decoder(_checkpoint(job.folder, job.version).model), latents)
    content = film_bytes(images, settings, progress=told.progress, should_stop=told.should_stop)
    return {"media_type": MEDIA_TYPES[settings.format], "base64": base64.b64encode(content).decode()}


def _ready(job: Job, told: Told) -> dict[str, Any]:
    """Nothing but what the first path would have waited for: the model, and what torch prepares at its first slope."""
    checkpoint = _checkpoint(job.folder, job.version)
    sketched: list[Geodesic] = []
    stops = np.eye(2, checkpoint.model.config.latent_dim)

    def enough() -> bool:
        return bool(sketched) or told.should_stop()

    along_data(checkpoint.model, checkpoint.data_prior, stops, on_sketch=sketched.append, should_stop=enough)
    return {}


def _samples(job: Job, _told: Told) -> dict[str, Any]:
    """Draws what stands on the model's card, into its folder."""
    keep_samples(load_checkpoint(job.folder))
    return {}


WORK = {"geodesic": _geodesic, "film": _film, "ready": _ready, "samples": _samples}


@lru_cache(maxsize=MODELS_KEPT)
def _checkpoint(folder: str, version: str) -> Checkpoint:
    """The model and its prior, loaded anew when its explorer files have changed."""
    del version
    return load_checkpoint(Path(folder))


def main() -> None:
    """Opens the desk on this process's own input and output; what libraries print goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the server, which closes the input
    os.nice(NICENESS)
    # Threads of a small decoder wait for each other: on busy cores, fewer of them are many times as fast.
    torch.set_num_threads(max(1, torch.get_num_threads() // 2))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    Desk(sys.stdin.buffer, answers).open()


if __name__ == "__main__":
    main()

"""What the commands tell: on standard error while they work, and as a result when they are done."""

import sys
import time
from dataclasses import dataclass, field
from typing import Any

from vae_core.progress import Progress
from vae_core.training.events import Ended, EpochEnded, Event, Started, Stepped

REDRAW_SECONDS = 0.2
STOPPED = 130  # exit code of a command that was stopped by hand


@dataclass(frozen=True)
class Result:
    """What a command found: as values, as words, and as an exit code."""

    values: Any = field(default_factory=dict)
    text: str = ""
    exit_code: int = 0
    show: bool = True


def duration(seconds: float) -> str:
    """Seconds as a person reads them: 45 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class ProgressLine:
    """One line that redraws itself on a terminal, and a line a stage elsewhere."""

    def __init__(self) -> None:
        self.stage = ""
        self.started = self.drawn = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.stage != self.stage:
            self.finish()
            self.stage, self.started, self.drawn = progress.stage, now, 0.0
            if not sys.stderr.isatty():
                print(f"{progress.stage} …", file=sys.stderr, flush=True)
        share = min(1.0, progress.done / progress.total) if progress.total else 1.0
        if sys.stderr.isatty() and (now - self.drawn > REDRAW_SECONDS or share == 1):
            self.drawn = now
            left = f", {duration((now - self.started) * (1 / share - 1))} left" if 0 < share < 1 else ""
            print(f"\r\x1b[K{progress.stage} {share:4.0%}{left}", end="", file=sys.stderr, flush=True)

    def finish(self) -> None:
        """End the running line."""
        if self.stage and sys.stderr.isatty():
            print(file=sys.stderr)
        self.stage = ""


class TrainingLines:
    """A line an epoch, and on a terminal the running epoch's progress with the time left."""

    def __init__(self) -> None:
        self.started = 0.0
        self.first_step = 0
        self.drawn = 0.0

    def __call__(self, event: Event) -> None:
        now = time.monotonic()
        match event:
            case Started():
                self.started, self.first_step = now, event.resumed_at_step
                begun = f"resuming at step {event.resumed_at_step}" if event.resumed_at_step else "starting"
                self._say(
                    f"{begun} of {event.steps}: {event.training_images} images to train on, "
                    f"{event.validation_images} to validate, {event.parameters} weights, "
                    f"{event.precision} on {event.device}"
                )
            case Stepped() if sys.stderr.isatty() and now - self.drawn > REDRAW_SECONDS:
                self.drawn = now
                share = event.step / event.steps
                text = f"step {event.step} of {event.steps} ({share:.0%}), loss {event.loss:.2f}, {self._left(event)}"
                print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
            case EpochEnded():
                metrics = event.metrics
                best = metrics.validation or metrics.training
                self._say(
                    f"epoch {metrics.epoch}: ELBO {best.bound:.2f} = {best.log_likelihood:.2f} − KL {best.kl:.2f} nats"
                )
            case Ended():
                self._say(f"{event.outcome} after {duration(now - self.started)}")

    def _left(self, event: Stepped) -> str:
        each = (time.monotonic() - self.started) / max(1, event.step - self.first_step)
        return f"{duration(each * (event.steps - event.step))} left"

    def _say(self, text: str) -> None:
        start = "\r\x1b[K" if sys.stderr.isatty() else ""
        print(f"{start}{text}", file=sys.stderr, flush=True)

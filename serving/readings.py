"""Pictures being read for whoever looks: each in a process of its own, one for all who ask for the same.

A process ends with its input, and so with the server. Two read at once, the others wait.
"""

import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

from vae_core.data.look import Request
from vae_core.progress import Progress

PYTHON_PATH = Path(__file__).resolve().parents[1]
AT_ONCE = 2
DIED = (
    "The process that read the images has ended in the middle of it; perhaps the machine ran out of memory. Hand in "
    "fewer or smaller ones."
)


class Reading:
    """One under way. `problem` is a sentence once it has failed, and None when all went well or it was stopped."""

    def __init__(self, request: Request, room: threading.Semaphore) -> None:
        self.request = request
        self.progress = Progress("Waiting for others to be read", 0, 1)
        self.problem: str | None = None
        self.stopped = False
        self._room = room
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._stage_began, self._stage_first = time.monotonic(), 0.0
        self._thread = threading.Thread(target=self._run, name="reading images", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether it has come to an end, whichever."""
        return self._done.is_set()

    def wait(self, seconds: float) -> bool:
        """Whether it comes to an end within so many seconds."""
        return self._done.wait(seconds)

    @property
    def seconds_left(self) -> float | None:
        """Of the stage that is told of, None where nothing can be said yet."""
        now, progress = time.monotonic(), self.progress
        gone = progress.done - self._stage_first
        if gone <= 0:
            return None
        return (now - self._stage_began) * (progress.total - progress.done) / gone

    def stop(self) -> None:
        """Nobody wants it any more."""
        with self._lock:
            self.stopped = True
            if self._process is not None:
                self._process.kill()

    def _run(self) -> None:
        with self._room:
            try:
                self._read()
            except OSError as error:
                self.problem = f"The images could not be read: {error}."
            finally:
                self._done.set()

    def _read(self) -> None:
        with self._lock:
            if self.stopped:
                return
            self.progress = Progress("Opening the files", 0, 1)
            command = [sys.executable, "-m", "vae_core.data.reader"]
            self._process = subprocess.Popen(command, cwd=PYTHON_PATH, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with self._process as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(_order(self.request))
            process.stdin.flush()
            answer = None
            for line in process.stdout:
                answer = json.loads(line)
                if "stage" in answer:
                    self._hear(Progress(**answer))
            if self.stopped:
                return
            if answer is None or "stage" in answer:
                self.problem = DIED
            else:
                self.problem = answer.get("problem")

    def _hear(self, progress: Progress) -> None:
        if progress.stage != self.progress.stage:
            self._stage_began, self._stage_first = time.monotonic(), progress.done
        self.progress = progress


class Readings:
    """All that are under way on this server."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._room = threading.Semaphore(at_once)
        self._lock = threading.Lock()
        self._all: dict[Request, Reading] = {}

    def of(self, request: Request) -> Reading:
        """The one that reads what is asked for, begun now unless somebody else has."""
        with self._lock:
            self._all = {asked: reading for asked, reading in self._all.items() if not reading.done}
            if request not in self._all:
                self._all[request] = Reading(request, self._room)
            return self._all[request]


def _order(request: Request) -> bytes:
    # The process works in another folder.
    source = request.source if request.is_named else str(request.path.absolute())
    return json.dumps(asdict(replace(request, source=source))).encode() + b"\n"


READINGS = Readings()

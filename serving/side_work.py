"""Work for whoever looks, done by a process of its own that tells how far it is, and that can be stopped.

The process is told what to do by one line of JSON, and tells lines of JSON: `{"stage", "done", "total"}` again and
again, `{"part": …}` for what is there before the rest, then `{"problem": …}` or anything else. It ends with its input,
and so with the server.
"""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from vae_core.progress import Progress

PYTHON_PATH = Path(__file__).resolve().parents[1]


class SideWork:
    """One under way. `problem` is a sentence once it has failed, and None when all went well or it was stopped.

    `answer` is what it has told at its end; empty of one that has not come to it. `parts` are those told so far.
    """

    def __init__(
        self, module: str, order: dict[str, Any], room: threading.Semaphore, *, waiting: str, opening: str, died: str
    ) -> None:
        self.progress = Progress(waiting, 0, 1)
        self.problem: str | None = None
        self.answer: dict[str, Any] = {}
        self.parts: list[dict[str, Any]] = []
        self.stopped = False
        self._module, self._order, self._opening, self._died = module, order, opening, died
        self._room = room
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._stage_began, self._stage_first = time.monotonic(), 0.0
        self._thread = threading.Thread(target=self._run, name=module, daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether it has come to an end, whichever."""
        return self._done.is_set()

    def wait(self, seconds: float | None) -> bool:
        """Whether it comes to an end within so many seconds, however long that takes where none are given."""
        return self._done.wait(seconds)

    @property
    def share(self) -> float:
        """How much of the stage that is told of is done, 0 to 1."""
        progress = self.progress
        return min(1.0, progress.done / progress.total) if progress.total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Of the stage that is told of, None where nothing can be said yet."""
        now, progress = time.monotonic(), self.progress
        gone = progress.done - self._stage_first
        if gone <= 0:
            return None
        return (now - self._stage_began) * (progress.total - progress.done) / gone

    def stop(self) -> None:
        """Nobody wants it any more: one that waits for its turn is at its end at once."""
        with self._lock:
            self.stopped = True
            if self._process is None:
                self._done.set()
            else:
                self._process.kill()

    def _run(self) -> None:
        with self._room:
            try:
                self._work()
            except OSError as error:
                self.problem = f"The process that was to do this could not be used: {error}."
            finally:
                self._done.set()

    def _work(self) -> None:
        with self._lock:
            if self.stopped:
                return
            self.progress = Progress(self._opening, 0, 1)
            command = [sys.executable, "-m", self._module]
            self._process = subprocess.Popen(command, cwd=PYTHON_PATH, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with self._process as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(self._order).encode() + b"\n")
            process.stdin.flush()
            answer: dict[str, Any] = {}
            for line in process.stdout:
                answer = _told(line)
                if "stage" in answer:
                    self._hear(Progress(**answer))
                elif "part" in answer:
                    self.parts.append(answer)
            if self.stopped:
                return
            if not answer or "stage" in answer or "part" in answer:
                self.problem = self._died
            else:
                self.answer, self.problem = answer, answer.get("problem")

    def _hear(self, progress: Progress) -> None:
        if progress.stage != self.progress.stage:
            self._stage_began, self._stage_first = time.monotonic(), progress.done
        self.progress = progress


def _told(line: bytes) -> dict[str, Any]:
    """What a line says; nothing where it was cut short by the end of its process, or is none of ours."""
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}

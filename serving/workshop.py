"""Heavy work for browsers, done by one process of its own, one job at a time, in a queue that is fair and tells places.

The server itself never imports what the work needs. The process starts with the first job, ends when it has had
nothing to do for a while, and is replaced when it dies. Its lines of JSON go on to the browser as they are.
"""

import asyncio
import itertools
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

DESK = (sys.executable, "-m", "vae_core.films.desk")
PYTHON_PATH = Path(__file__).resolve().parents[1]
IDLE = 300.0  # seconds without work after which the process ends
CANCEL_LIMIT = 10.0  # seconds that a job may go on for nobody
GLANCE = 0.05  # seconds between two looks at how far the work is
REMINDER = 15.0  # seconds of silence after which the last step is told again: proxies cut silent answers
MOST_WAITING = 100
MOST_WAITING_EACH = 20
LONGEST_LINE = 1 << 30  # bytes

DIED = {
    "error": "The process that computes paths and films has ended in the middle of it; perhaps the machine ran out of "
    "memory. Ask for fewer or smaller frames."
}


class FullError(Exception):
    """More is waiting than can be promised; the message says so in words for the browser."""


@dataclass(eq=False)
class _Job:
    client: str
    what: str
    folder: Path
    version: str
    wish: str  # in JSON
    number: int | None = None  # once its turn has come
    step: bytes | None = None  # the newest, while nobody has been told of it
    sketch: bytes | None = None  # likewise
    end: "asyncio.Future[bytes]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def order(self) -> bytes:
        """The line that the process is given."""
        about = {"number": self.number, "what": self.what, "folder": str(self.folder), "version": self.version}
        return json.dumps(about)[:-1].encode() + b', "wish": ' + self.wish.encode() + b"}\n"

    def finish(self, line: bytes) -> None:
        if not self.end.done():
            self.end.set_result(line)


class Workshop:
    """`command` is the process that does the work: see `vae_core.films.desk` for what it is told and what it tells."""

    def __init__(
        self, command: Sequence[str] = DESK, *, idle: float = IDLE, cancel_limit: float = CANCEL_LIMIT
    ) -> None:
        self.command, self.idle, self.cancel_limit = command, idle, cancel_limit
        self._waiting: dict[str, deque[_Job]] = {}  # by client, whose turn is next first
        self._current: _Job | None = None
        self._numbers = itertools.count()
        self._process: Process | None = None
        self._worker: asyncio.Task[None] | None = None
        self._dismissal: asyncio.TimerHandle | None = None
        self._dismissing: set[asyncio.Task[None]] = set()  # what the timer began

    @property
    def process_id(self) -> int | None:
        """Of the process that does the work, while there is one."""
        return None if self._process is None else self._process.pid

    @asynccontextmanager
    async def open(self, _app: object = None) -> AsyncIterator[None]:
        """Lifespan: at its end the process ends."""
        try:
            yield
        finally:
            if self._dismissal is not None:
                self._dismissal.cancel()
            if self._worker is not None:
                self._worker.cancel()
                await asyncio.wait({self._worker})
            await asyncio.gather(self._dismiss(), *self._dismissing)

    def check_room(self, client: str) -> None:
        """Whether one more job can be taken.

        Raises:
            FullError: too much is waiting.
        """
        if sum(map(len, self._waiting.values())) >= MOST_WAITING:
            raise FullError(f"{MOST_WAITING} requests are waiting already.")
        if len(self._waiting.get(client, ())) >= MOST_WAITING_EACH:
            raise FullError(f"{MOST_WAITING_EACH} of your requests are waiting already.")

    async def ask(self, client: str, what: str, folder: Path, version: str, wish: str) -> AsyncGenerator[bytes, None]:
        """Lines of JSON: steps and sketches, then a result or an error. Who stops listening cancels the work.

        Each client has as many turns as any other. See `vae_core.films.desk.Job` for what is asked.
        """
        job = _Job(client, what, folder, version, wish)
        clock = asyncio.get_running_loop().time
        last, told = b"", clock()
        self._enqueue(job)
        try:
            while not job.end.done():
                if job.sketch is not None:
                    sketch, job.sketch = job.sketch, None
                    yield sketch
                if job.step is not None or clock() - told > REMINDER:
                    last, told = job.step or last, clock()
                    job.step = None
                    yield last
                await asyncio.wait({job.end}, timeout=GLANCE)
            yield job.end.result()
        finally:
            self._leave(job)

    def _enqueue(self, job: _Job) -> None:
        self._waiting.setdefault(job.client, deque()).append(job)
        self._tell_places()
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(), name="workshop")

    def _leave(self, job: _Job) -> None:
        """Nobody listens any more, whether the job is done, under way or waiting."""
        own = self._waiting.get(job.client, deque())
        if job in own:
            own.remove(job)
            if not own and not (self._current and self._current.client == job.client):
                del self._waiting[job.client]  # who comes back is the last to have come
            self._tell_places()
        elif job is self._current and not job.end.done():
            job.finish(b"")
            self._cancel(job)
            asyncio.get_running_loop().call_later(self.cancel_limit, self._lose_patience, job)

    def _cancel(self, job: _Job) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(_line({"cancel": job.number}))

    def _lose_patience(self, job: _Job) -> None:
        if job is self._current and self._process is not None and self._process.returncode is None:
            self._process.kill()

    def _order(self) -> list[_Job]:
        """Who waits, as they will be served: one of each client, again and again, the client being served last."""
        current = self._current.client if self._current else None
        queues = sorted(self._waiting.items(), key=lambda entry: entry[0] == current)
        rounds = itertools.zip_longest(*(queue for _, queue in queues))
        return [job for one_of_each in rounds for job in one_of_each if job is not None]

    def _tell_places(self) -> None:
        for place, job in enumerate(self._order(), start=0 if self._current is None else 1):
            stage = f"Waiting: {place} before yours" if place else "Opening the model"
            job.step = _line({"step": {"stage": stage, "done": 0, "total": 1}})

    async def _work(self) -> None:
        if self._dismissal is not None:
            self._dismissal.cancel()
        while waiting := self._order():
            job = self._current = waiting[0]
            self._waiting[job.client].popleft()
            job.number = next(self._numbers)
            self._tell_places()
            try:
                await self._do(job)
            finally:
                self._current = None
                rest = self._waiting.pop(job.client)
                if rest:
                    self._waiting[job.client] = rest
        self._dismissal = asyncio.get_running_loop().call_later(self.idle, self._dismiss_idle)

    async def _do(self, job: _Job) -> None:
        job.step = _line({"step": {"stage": "Opening the model", "done": 0, "total": 1}})
        try:
            process = await self._ready()
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(job.order())
            await process.stdin.drain()
            if job.end.done():  # left while the process started
                self._cancel(job)
            while (line := await process.stdout.readline()).startswith((b'{"step"', b'{"sketch"')):
                if line.startswith(b'{"step"'):
                    job.step = line
                else:
                    job.sketch = line
        except OSError:  # the process could not be started, or does not read any more
            line = b""
        if line:
            job.finish(line)
        else:
            await self._dismiss()
            job.finish(_line(DIED))

    async def _ready(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *self.command, stdin=PIPE, stdout=PIPE, limit=LONGEST_LINE, cwd=PYTHON_PATH
            )
        return self._process

    def _dismiss_idle(self) -> None:
        if self._current is None:
            task = asyncio.create_task(self._dismiss(), name="dismissal")
            self._dismissing.add(task)
            task.add_done_callback(self._dismissing.discard)

    async def _dismiss(self) -> None:
        """Closes the process's input, with which it ends; one that doesn't is killed."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            await asyncio.wait_for(process.communicate(b""), 2.0)
        except TimeoutError:
            process.kill()
            await process.communicate(b"")


def _line(told: Mapping[str, object]) -> bytes:
    return json.dumps(told).encode() + b"\n"

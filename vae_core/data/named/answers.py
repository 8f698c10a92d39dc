"""What a server answers, read in a thread of its own, so that nobody has to wait for a server that is silent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPResponse
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.error import HTTPError
from urllib.request import Request, build_opener

from vae_core.files import BLOCK

PULSE = 0.25  # seconds


class UnansweredError(Exception):
    """The server could not be reached, answered with an error or broke off; `error` is urllib's."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True)
class Answer:
    """The status and headers that came, and the content as it comes."""

    status: int
    headers: Message
    blocks: Iterator[bytes]


@contextmanager
def answered(request: Request, timeout: float, pulse: Callable[[], None]) -> Iterator[Answer]:
    """The answer to a request, redirections followed; `pulse` is called while nothing comes and may raise.

    The content ends where the server ends it, early or not. Raises UnansweredError, also from the content's iterator,
    after `timeout` seconds of silence too.
    """
    asked: SimpleQueue[bool] = SimpleQueue()
    came: SimpleQueue[HTTPResponse | bytes | Exception] = SimpleQueue()

    def talk() -> None:
        try:
            with build_opener().open(request, timeout=timeout) as response:
                came.put(response)
                while asked.get():
                    came.put(response.read1(BLOCK))
        except Exception as error:
            if isinstance(error, HTTPError):
                error.close()
            came.put(error)

    def next_one() -> HTTPResponse | bytes:
        while True:
            try:
                one = came.get(timeout=PULSE)
            except Empty:
                pulse()
                continue
            if isinstance(one, Exception):
                raise UnansweredError(one) from one
            return one

    def blocks() -> Iterator[bytes]:
        asked.put(True)
        while block := next_one():
            assert isinstance(block, bytes)
            asked.put(True)
            yield block

    # A thread that is left behind closes its connection as soon as it comes back from it.
    Thread(target=talk, daemon=True).start()
    try:
        response = next_one()
        assert isinstance(response, HTTPResponse)
        yield Answer(response.status, response.headers, blocks())
    finally:
        asked.put(False)

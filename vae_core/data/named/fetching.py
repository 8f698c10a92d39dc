"""One file from the web: gone on with where it was, and whole with the right checksum or not there at all.

What a server answers is read in a thread of its own, so that nobody has to wait for a server that is silent.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPResponse
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.error import HTTPError
from urllib.request import Request, build_opener

from vae_core.data.named.part_files import (
    CHECK_ONLINE,
    LATER,
    NetworkError,
    Origin,
    PartFile,
    file_and_host,
    has_md5,
    network_error,
    no_room,
    writing,
)
from vae_core.files import BLOCK

SILENCE = 30.0  # seconds to connect, and between two bytes
_AGENT = "latent-explorer"
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_BAD_RANGE = 416
PULSE = 0.25  # seconds

Hear = Callable[[int], None]


@dataclass(frozen=True)
class RemoteFile:
    """A file's place below the download folder, the addresses that have it, and the MD5 of the whole."""

    path: Path
    urls: tuple[str, ...]
    md5: str


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


def fetch(file: RemoteFile, folder: Path, hear: Hear, timeout: float = SILENCE) -> None:
    """Put a file in its place below `folder`, unless it is there already.

    `hear(bytes)` is told how much of it has come, also while nothing comes. It ends the work by raising; what has come
    is kept, and the next call asks for the rest. Of several addresses the next one is asked where one fails.

    Raises DownloadError, in words, when no address hands out the file or the disk does not take it.
    """
    target = folder / file.path
    if has_md5(target, file.md5, hear):
        return
    with writing(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    part = PartFile(target)
    errors = []
    for url in file.urls:
        try:
            _fetch_from(url, part, file.md5, hear, timeout)
        except NetworkError as error:
            errors.append(error)
        else:
            return
    raise NetworkError("; ".join(error.reason for error in errors), errors[0].advice)


def _fetch_from(url: str, part: PartFile, md5: str, hear: Hear, timeout: float) -> None:
    """From one address. A wrong whole that came in pieces may be of two versions: then once more, in one piece."""
    for in_pieces_before in (False, True):
        in_pieces = _receive_all(url, part, hear, timeout)
        if part.become_whole(md5, hear):
            return
        if in_pieces_before or not in_pieces:
            break
    name, host = file_and_host(url)
    raise NetworkError(f"{name} from {host} has not the checksum that it should have, and was removed", LATER)


def _receive_all(url: str, part: PartFile, hear: Hear, timeout: float) -> bool:
    """Ask again for the rest as long as every answer brings more than there ever was; whether it came in pieces."""
    furthest = part.size
    while True:
        try:
            return _receive(url, part, hear, timeout)
        except _OtherFileError:
            part.clear()
        except NetworkError:
            if part.size <= furthest:
                raise
            furthest = part.size


class _OtherFileError(Exception):
    """The server has no rest to what there is: its file is another one now."""


def _receive(url: str, part: PartFile, hear: Hear, timeout: float) -> bool:
    """Append one answer to the part, or start it anew with that; whether it went on with what was there."""
    origin = part.origin()
    if origin and origin.total == part.size:
        return True
    try:
        with answered(_request(url, part.size, origin), timeout, lambda: hear(part.size)) as answer:
            _check_is_file(url, answer)
            goes_on = origin is not None and answer.status == 206
            if origin is None or not goes_on:
                origin = _origin(url, answer)
                part.start(origin)
            elif not _is_rest(answer, part.size, origin):
                raise _OtherFileError
            _check_room(part, origin)
            part.extend(answer.blocks, hear)
    except UnansweredError as failure:
        if isinstance(failure.error, HTTPError) and failure.error.code == _BAD_RANGE and origin:
            raise _OtherFileError from failure
        raise network_error(url, failure.error, timeout) from failure
    if origin.total is not None and part.size != origin.total:
        raise NetworkError(f"{file_and_host(url)[1]} broke the connection off", CHECK_ONLINE)
    return goes_on


def _request(url: str, size: int, origin: Origin | None) -> Request:
    """For the whole file, or for what follows `size` bytes of it; another server may have other validators."""
    headers = {"User-Agent": _AGENT}
    if origin:
        headers["Range"] = f"bytes={size}-"
        if origin.validator and origin.url == url:
            headers["If-Range"] = origin.validator
    return Request(url, headers=headers)


def _origin(url: str, answer: Answer) -> Origin:
    """A weak ETag doesn't promise equal bytes, so that it can't be asked for in If-Range."""
    tag, length = answer.headers.get("ETag"), answer.headers.get("Content-Length", "")
    validator = tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified")
    return Origin(url, validator, int(length) if length.isdecimal() else None)


def _is_rest(answer: Answer, size: int, origin: Origin) -> bool:
    found = _CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
    if not found or int(found[1]) != size:
        return False
    return origin.total is None or found[2] in ("*", str(origin.total))


def _check_is_file(url: str, answer: Answer) -> None:
    """Networks that want a login answer everything with their page, which must not take a part's place."""
    if answer.headers.get_content_type() == "text/html":
        name, host = file_and_host(url)
        raise NetworkError(
            f"a web page came from {host} in place of {name}",
            "Look whether this network asks for a login, and try again",
        )


def _check_room(part: PartFile, origin: Origin) -> None:
    if origin.total is not None:
        needed, free = origin.total - part.size, shutil.disk_usage(part.target.parent).free
        if needed > free:
            raise no_room(part.target.parent, needed, free)


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

"""A download on the disk: the bytes that have come, of which file of which server, and in words why no more came."""

import errno
import hashlib
import json
import os
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from vae_core.data.named.locations import CACHE_VARIABLE
from vae_core.errors import shortened
from vae_core.files import write_json
from vae_core.unfinished import sweep_unfinished

LATER = "Try again later"
ONLINE = "Connect to the internet and try again"
CHECK_ONLINE = "Check the connection and try again, which goes on where this ended"
_HASHED = 1 << 20  # bytes at a time
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_GONE, _REFUSED, _BUSY = (404, 410), (401, 403, 451), (408, 429)
_UNREACHABLE = (errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL)


class DownloadError(Exception):
    """`reason` says what was wrong and where, without a full stop; `advice` what to do, likewise."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(f"{reason}. {advice}.")
        self.reason, self.advice = reason, advice


class NetworkError(DownloadError):
    """It lies with the network or with one server, so that another try or another server may do."""


def file_and_host(url: str) -> tuple[str, str]:
    """An address's file and its server, as a message names them."""
    parts = urlsplit(url)
    return shortened(parts.path.rpartition("/")[2] or parts.path), shortened(parts.hostname or url)


def network_error(url: str, error: Exception, timeout: float) -> NetworkError:
    """What an error of urllib or http.client means; `timeout` is the silence in seconds that was borne."""
    file, host = file_and_host(url)
    if isinstance(error, HTTPError):
        return _answer_error(file, host, error.code)
    cause = error.reason if isinstance(error, URLError) and isinstance(error.reason, Exception) else error
    if isinstance(cause, socket.gaierror):
        return NetworkError(f"the address of {host} cannot be found", ONLINE)
    if isinstance(cause, TimeoutError):
        return NetworkError(f"{host} was silent for {timeout:g} seconds", CHECK_ONLINE)
    if isinstance(cause, ssl.SSLCertVerificationError):
        words = f"{host} shows a certificate that is not trusted here ({cause.verify_message})"
        return NetworkError(words, "Check this machine's clock and certificates, and try again")
    if isinstance(cause, OSError) and cause.errno in _UNREACHABLE:
        return NetworkError(f"{host} cannot be reached ({cause.strerror})", ONLINE)
    return NetworkError(f"{host} broke the connection off ({_one_line(cause)})", CHECK_ONLINE)


def _answer_error(file: str, host: str, code: int) -> NetworkError:
    if code in _GONE:
        return NetworkError(
            f"{host} has {file} no longer (its answer is {code})", "Look for a newer version of this app"
        )
    if code in _REFUSED:
        return NetworkError(f"{host} refuses to hand out {file} (its answer is {code})", "Try another network")
    if code in _BUSY or code >= 500:
        return NetworkError(f"{host} is busy or out of order (its answer is {code})", LATER)
    return NetworkError(f"{host} does not hand out {file} (its answer is {code})", LATER)


def _one_line(error: Exception) -> str:
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return shortened(" ".join(words.split()).rstrip(".")) or type(error).__name__


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Around what writes below a folder and nothing else; its OSError becomes a DownloadError."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise no_room(folder) from error
        words = f"{folder} cannot be written ({_one_line(error)})"
        raise DownloadError(words, f"Point {CACHE_VARIABLE} at a folder that can be") from error


def no_room(folder: Path, needed: int | None = None, free: int | None = None) -> DownloadError:
    """The disk is full, or will be: `needed` and `free` are bytes, where they are known."""
    reason = f"there is no room on the disk of {folder}"
    if needed is not None and free is not None:
        reason += f" ({needed / 1e6:,.0f} MB are needed, {free / 1e6:,.0f} MB are free)"
    return DownloadError(reason, f"Free some space, point {CACHE_VARIABLE} at a folder with room")


@dataclass(frozen=True)
class Origin:
    """Where a part comes from: `validator` is the ETag or the date of the file there, `total` its bytes."""

    url: str
    validator: str | None
    total: int | None


class PartFile:
    """The part of a file that has come, kept as `NAME.part`; used by one process at a time.

    Every method that writes raises DownloadError where the disk does not take it.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}.part")
        self._about = target.with_name(f"{target.name}.part.json")

    @property
    def size(self) -> int:
        """The bytes that have come."""
        return size_of(self.path)

    def origin(self) -> Origin | None:
        """What the part is of; None where there is nothing to go on with."""
        if self.size == 0:
            return None
        try:
            return _parse(json.loads(self._about.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def start(self, origin: Origin) -> None:
        """Begin anew: without the old bytes first, which are not of this origin."""
        with writing(self.target.parent):
            self.path.unlink(missing_ok=True)
            write_json(self._about, asdict(origin))

    def extend(self, blocks: Iterable[bytes], hear: Callable[[int], None]) -> None:
        """Keep what comes next, each block as soon as it is here; `hear(bytes)` is told the size after each."""
        with writing(self.target.parent):
            file = self.path.open("ab", buffering=0)
        with file:
            for block in blocks:
                rest = memoryview(block)
                with writing(self.target.parent):
                    while rest:
                        rest = rest[file.write(rest) :]
                hear(file.tell())

    def clear(self) -> None:
        """Keep nothing."""
        with writing(self.target.parent):
            self.path.unlink(missing_ok=True)
            self._about.unlink(missing_ok=True)

    def become_whole(self, md5: str, hear: Callable[[int], None]) -> bool:
        """Take the target's name where the checksum is right; else nothing is kept."""
        if not has_md5(self.path, md5, hear):
            self.clear()
            return False
        with writing(self.target.parent):
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())
            self.path.replace(self.target)
            self._about.unlink(missing_ok=True)
        sweep_unfinished(self.target.parent)
        return True


def _parse(content: dict[str, object]) -> Origin:
    url, validator, total = content["url"], content["validator"], content["total"]
    if isinstance(url, str) and isinstance(validator, str | None) and isinstance(total, int | None):
        return Origin(url, validator, total)
    raise ValueError("not an origin")


def size_of(path: Path) -> int:
    """A file's bytes; 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def has_md5(path: Path, md5: str, hear: Callable[[int], None]) -> bool:
    """Whether a file is there with this checksum; `hear(bytes)` is told its size while it is read."""
    if not path.exists():
        return False
    digest = hashlib.md5(usedforsecurity=False)
    with writing(path.parent):
        file = path.open("rb")
    with file:
        size = os.fstat(file.fileno()).st_size
        while block := file.read(_HASHED):
            digest.update(block)
            hear(size)
    return digest.hexdigest() == md5

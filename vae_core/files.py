"""Reading what anybody may have put there; writing so that a kill leaves what was there whole; locks."""

import errno
import fcntl
import json
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# A name that is a pipe or a device is never waited for, and a link never followed. Windows has none of these.
_WARILY = sum(getattr(os, flag, 0) for flag in ("O_NONBLOCK", "O_NOFOLLOW", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"))

Stamp = tuple[int, ...]
MISSING: Stamp = (errno.ENOENT,)
BLOCK = 1 << 16  # bytes
NO_FILE = "it is no regular file"


def read_small(path: str | Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes, however it grows meanwhile.

    Raises:
        OSError: its `strerror` says why it can't be read: it is missing, a link, no regular file, too large, ...
    """
    content, size = read_start(path, limit + 1)
    if size > limit or len(content) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit:,} bytes", str(path))
    return content


def read_start(path: str | Path, count: int) -> tuple[bytes, int]:
    """The first `count` bytes of a regular file, fewer where it ends before, and its size in bytes.

    Raises:
        OSError: as for `read_small`.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _WARILY)
    except OSError as error:
        reason = {errno.ELOOP: "it is a link; only files themselves are read", errno.ENXIO: NO_FILE}.get(
            error.errno or 0
        )
        if reason:
            raise OSError(error.errno, reason, str(path)) from None
        raise
    try:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, NO_FILE, str(path))
        blocks = []
        while count > 0 and (block := os.read(descriptor, min(count, BLOCK))):
            blocks.append(block)
            count -= len(block)
        return b"".join(blocks), found.st_size
    finally:
        os.close(descriptor)


def stamp(path: str | Path) -> Stamp:
    """Another one whenever what lies at `path` has been changed, replaced, removed or closed to us."""
    try:
        found = os.lstat(path)
    except OSError as error:
        return (error.errno or 0,)
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _flush_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling to write; on success it takes `path`'s place in one step, else it is gone.

    Raises:
        OSError: the disk is full or the folder can't be written; `path` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    os.close(descriptor)
    temporary = Path(name)
    try:
        temporary.chmod(0o644)
        yield temporary
        _flush_to_disk(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON whole or not at all; NaN and infinities are refused, since JSON has none."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling folder to fill; on success it takes `path`'s place, else it is gone.

    A folder can't be exchanged in one step everywhere, so the old one is moved aside first and comes back if
    the exchange fails.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent))
    temporary.chmod(0o755)
    previous = temporary.with_suffix(".old")
    try:
        yield temporary
        for file in temporary.rglob("*"):
            _flush_to_disk(file)
        if path.exists():
            path.rename(previous)
        try:
            temporary.rename(path)
        except OSError:
            if previous.exists():
                previous.rename(path)
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(previous, ignore_errors=True)


def is_locked(path: Path) -> bool:
    """Whether a living process holds the lock."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        # Shared: two who ask at once don't take each other for the holder.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def locked(path: Path, patience: float = 0.0) -> Iterator[bool]:
    """Hold a lock for as long as the block runs; yields False where another process has it.

    `patience` seconds outlast those who only ask whether it is held.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    deadline = time.monotonic() + patience
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    yield False
                    return
                time.sleep(0.01)
            else:
                break
        yield True
    finally:
        os.close(descriptor)

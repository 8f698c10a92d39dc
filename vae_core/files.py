"""Reading what anybody may have put there; writing so that a kill leaves what was there whole; locks."""

import errno
import json
import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from filelock import lock_descriptor

from vae_core.unfinished import sibling, sweep_unfinished

if sys.platform != "win32":
    import fcntl

EXCHANGES = 100  # tries to put a folder where others put theirs at the same moment
TAKEN = (errno.ENOTEMPTY, errno.EEXIST)

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
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        blocks = []
        while count > 0 and (block := file.read(min(count, BLOCK))):
            blocks.append(block)
            count -= len(block)
        return b"".join(blocks), size


def open_regular(path: str | Path, *, follow_links: bool = False) -> BinaryIO:
    """A regular file to be read; what only looks like one is refused at once, never waited for.

    Raises:
        OSError: its `strerror` says why it can't be read: it is missing, a link that is not followed, a pipe, ...
    """
    flags, reasons = _WARILY, {errno.ENXIO: NO_FILE}
    if follow_links:
        flags &= ~getattr(os, "O_NOFOLLOW", 0)
    else:
        reasons[errno.ELOOP] = "it is a link; only files themselves are read"
    try:
        descriptor = os.open(path, os.O_RDONLY | flags)
    except OSError as error:
        if reason := reasons.get(error.errno or 0):
            raise OSError(error.errno, reason, str(path)) from None
        raise
    try:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, NO_FILE, str(path))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def stamp(path: str | Path) -> Stamp:
    """Another one whenever what lies at `path` has been changed, replaced, removed or closed to us."""
    try:
        found = os.lstat(path)
    except OSError as error:
        return (error.errno or 0,)
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _flush_to_disk(path: Path) -> None:
    """Also of a folder, so that a new name outlives a power cut; Windows cannot open folders."""
    if path.is_dir() and sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def replacing(path: Path, *, make_folder: bool = True) -> Iterator[Path]:
    """Yield a temporary sibling to write; on success it takes `path`'s place in one step, else it is gone.

    Raises:
        OSError: the disk is full or the folder can't be written; `path` is as it was.
        FileNotFoundError: the folder is gone, and was not to be made.
    """
    if make_folder:
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = sibling(path, "tmp")
    try:
        temporary.touch(exist_ok=False)
        yield temporary
        _flush_to_disk(temporary)
        temporary.replace(path)
        _flush_to_disk(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes, *, make_folder: bool = True) -> None:
    """Write a file whole or not at all."""
    with replacing(path, make_folder=make_folder) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str, *, make_folder: bool = True) -> None:
    """Write a UTF-8 text file whole or not at all."""
    write_bytes(path, text.encode("utf-8"), make_folder=make_folder)


def write_json(path: Path, value: Any, *, make_folder: bool = True) -> None:
    """Write indented JSON whole or not at all; NaN and infinities are refused, since JSON has none."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(path, text, make_folder=make_folder)


@contextmanager
def replacing_folder(path: Path, *, first_stays: bool = False, is_new: bool = False) -> Iterator[Path]:
    """Yield a temporary sibling folder to fill; on success it takes `path`'s place, else it is gone.

    A folder can't be exchanged in one step everywhere, so the old one is moved aside first and comes back if
    the exchange fails; after a kill, when the next one is about to be made. Of several at once the last one
    stays, or with `first_stays`, for writers whose folders are equal, the one that was there first.

    Raises:
        FileExistsError: with `is_new`, whatever has come to be there meanwhile, which stays as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep_unfinished(path.parent)
    was_there = path.exists()
    temporary = sibling(path, "tmp")
    temporary.mkdir()
    try:
        yield temporary
        for file in temporary.rglob("*"):
            _flush_to_disk(file)
        if is_new:
            _put(temporary, path)
        else:
            _exchange(temporary, path, first_stays=first_stays and not was_there)
        _flush_to_disk(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _put(new: Path, path: Path) -> None:
    """Rename `new` to `path`, where nothing is."""
    try:
        new.rename(path)
    except OSError as error:
        if error.errno in TAKEN:
            raise FileExistsError(errno.EEXIST, "it is there already", str(path)) from None
        raise


def _exchange(new: Path, path: Path, *, first_stays: bool) -> None:
    """Rename `new` to `path`, whatever lies there and whoever does the same; or not, where another came first."""
    aside = sibling(path, "old")
    for _ in range(EXCHANGES):
        try:
            new.rename(path)
        except OSError as error:
            if error.errno not in TAKEN:
                if aside.exists() and not path.exists():
                    aside.rename(path)
                raise
            if first_stays:
                return
        else:
            shutil.rmtree(aside, ignore_errors=True)
            return
        shutil.rmtree(aside, ignore_errors=True)
        with suppress(FileNotFoundError):  # another one has just moved it aside
            path.rename(aside)
    raise OSError(errno.EBUSY, "others write it at the same time", str(path))


def is_locked(path: Path) -> bool:
    """Whether a living process holds the lock; nobody does where the disk knows no locks."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return False
    try:
        if sys.platform == "win32":
            return not lock_descriptor(descriptor, blocking=False)
        # Shared: two who ask at once don't take each other for the holder.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def take_lock(path: Path, patience: float = 0.0) -> int | None:
    """Lock a file in a folder that is there: a descriptor that holds the lock while it, or a copy of it, is open.

    None where another process has it; `patience` seconds outlast those who only ask whether it is held.

    Raises:
        OSError: the folder can't be written, or its disk knows no locks (errno ENOLCK), told in words.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NONBLOCK", 0), 0o644)
    deadline = time.monotonic() + patience
    try:
        while not lock_descriptor(descriptor, blocking=False):
            if time.monotonic() >= deadline:
                os.close(descriptor)
                return None
            time.sleep(0.01)
    except OSError as error:
        os.close(descriptor)
        raise _without_locks(error, path) from None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def locked(path: Path, patience: float = 0.0) -> Iterator[bool]:
    """Hold a lock for as long as the block runs; yields False where another process has it. Raises as `take_lock`."""
    descriptor = take_lock(path, patience)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _without_locks(error: OSError, path: Path) -> OSError:
    """What a disk without locks means: some network disks answer ENOLCK, others that they do not know the call."""
    if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
        return error
    return OSError(
        errno.ENOLCK,
        "this disk knows no file locks, without which two runs could write the same files: point "
        "LATENT_EXPLORER_CHECKPOINTS at a folder on another disk",
        str(path.parent),
    )

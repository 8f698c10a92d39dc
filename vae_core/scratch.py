"""Folders among the system's temporary files; those whose processes were killed are removed by whoever comes next.

Each is locked by its process, and so for no longer than that lives, however it ends.
"""

import errno
import os
import shutil
import stat
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Self

from vae_core.files import take_lock

PREFIX = "latent-explorer-"
LOCK = "process.lock"


class Scratch:
    """A folder of one's own, which goes with all that is in it: when it is closed, or nobody knows of it any more."""

    def __init__(self) -> None:
        """Raises OSError: there is no room for it."""
        sweep_scratch()
        made = Path(tempfile.mkdtemp(prefix=f".{PREFIX}"))  # a name that nobody sweeps, until it is locked
        try:
            lock = _lock(made)
            self.folder = made.rename(made.with_name(made.name[1:]))
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
        self._removal = weakref.finalize(self, _remove, self.folder, lock)

    def close(self) -> None:
        """Nobody needs it any more."""
        self._removal()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def sweep_scratch() -> None:
    """Remove the folders of one's own processes that are gone; whatever the disk refuses stays as it is."""
    with suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            with suppress(OSError):
                if _is_ours(folder) and (lock := take_lock(folder / LOCK)) is not None:
                    _remove(folder, lock)


def _is_ours(folder: Path) -> bool:
    """Others of this machine may have put links or folders of this name there."""
    found = folder.lstat()
    own = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return own and stat.S_ISDIR(found.st_mode) and (folder / LOCK).is_file()


def _lock(folder: Path) -> int | None:
    """None where the disk knows no locks: what is left there stays, since nobody can tell whose it is."""
    try:
        return take_lock(folder / LOCK)
    except OSError as error:
        if error.errno != errno.ENOLCK:
            raise
        return None


def _remove(folder: Path, lock: int | None) -> None:
    if lock is not None:
        os.close(lock)  # first: some systems remove no open file
    shutil.rmtree(folder, ignore_errors=True)

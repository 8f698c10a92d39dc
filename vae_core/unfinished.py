"""What is being written lies under a name of its own beside the place it is for; what killed writers leave is removed.

`.NAME.RANDOM.tmp` is half of something, `.NAME.RANDOM.old` the folder NAME while another takes its place.
"""

import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

STALE = 24 * 3600.0  # seconds without a change, after which an unfinished file or folder has nobody who fills it

_LEFT = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{12}\.(?P<kind>tmp|old)")


def sibling(path: Path, kind: str) -> Path:
    """A name beside `path` that nobody else has, of the kind `tmp` or `old`."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.{kind}")


def remove_unfinished_files(folder: Path) -> None:
    """Remove what writers that were killed have left in a folder where nobody else writes now."""
    for path in folder.glob(".*.tmp"):
        if path.is_file():
            path.unlink(missing_ok=True)


def sweep_unfinished(folder: Path) -> None:
    """Tidy up what killed writers have left in a folder, not below it, where others may be writing.

    A folder that was aside for another comes back unless that one is there; what nobody has changed for a day goes.
    Whatever the disk refuses stays as it is.
    """
    with suppress(OSError):
        for name in os.listdir(folder):
            if found := _LEFT.fullmatch(name):
                with suppress(OSError):
                    _tidy(folder / name, folder / found["name"], found["kind"])


def _tidy(left: Path, path: Path, kind: str) -> None:
    """`left` is what remains of the writing of `path`."""
    if kind == "old" and not path.exists():
        left.rename(path)  # unless whoever moved it aside has just put the new one there
    elif kind == "old" or time.time() - _last_change(left) > STALE:
        _remove(left)


def _last_change(left: Path) -> float:
    """Of it and all that is in it, in seconds since 1970. Raises OSError where its writer is done with it just now."""
    return max(entry.lstat().st_mtime for entry in (left, *left.rglob("*")))


def _remove(left: Path) -> None:
    if left.is_dir() and not left.is_symlink():
        shutil.rmtree(left, ignore_errors=True)
    else:
        left.unlink(missing_ok=True)

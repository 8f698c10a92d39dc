"""A file that is still coming: its bytes so far, and beside them which file of which server they are of."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from vae_core.data.named.download_errors import writing
from vae_core.files import write_json

_HASHED = 1 << 20  # bytes at a time


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

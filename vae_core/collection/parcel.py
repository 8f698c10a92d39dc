"""A model as one ZIP to take away, written while it is sent: whatever its size, a block of it is in memory at a time.

It holds what a checkpoint is made of and nothing that tells of this machine: neither the state and the log of its
training, nor where somebody's images lay.
"""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

from vae_core.checkpoint.about import ABOUT_FILE
from vae_core.checkpoint.card import own_file
from vae_core.checkpoint.layout import (
    CARD_FILE,
    CONFIG_FILE,
    EXPLORER_FOLDER,
    MANIFEST_FILE,
    METRICS_FILE,
    PRIOR_FILE,
    SAMPLES_FILE,
    WEIGHTS_FILE,
    CheckpointSummary,
    config_content,
)
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.explorer_files.explorer_folder import read_manifest
from vae_core.files import open_regular

BLOCK = 1 << 18  # bytes
PARTS = (WEIGHTS_FILE, PRIOR_FILE, METRICS_FILE, CARD_FILE, ABOUT_FILE, SAMPLES_FILE)
EPOCH = (1980, 1, 1, 0, 0, 0)  # a fixed date: equal models make equal files


def parcel(summary: CheckpointSummary) -> Iterator[bytes]:
    """The blocks of the ZIP, in which all lies in a folder of the model's name.

    Raises:
        CheckpointError: its explorer files are damaged.
        OSError: a file cannot be read, or goes in the middle.
    """
    written = _Written()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{summary.name}/{CONFIG_FILE}", EPOCH), _config(summary))
        for part in _parts(summary):
            with open_regular(summary.path / part) as file:
                entry = zipfile.ZipInfo(f"{summary.name}/{part.as_posix()}", EPOCH)
                with archive.open(entry, "w", force_zip64=True) as member:
                    while block := file.read(BLOCK):
                        member.write(block)
                        yield written.take()
    yield written.take()


def _parts(summary: CheckpointSummary) -> list[Path]:
    """What there is of a model beside its settings, and of its explorer files those that the manifest names."""
    parts = [Path(part) for part in PARTS if (summary.path / part).is_file()]
    if summary.explorer_manifest is not None:
        folder = Path(EXPLORER_FOLDER)
        files = {file.path for _, file in read_manifest(summary.path / folder).files}
        parts += [folder / name for name in (MANIFEST_FILE, *sorted(files))]
    return parts


def _config(summary: CheckpointSummary) -> str:
    training = summary.training
    if training.data not in CATALOGUE:  # somebody's own images are called by their own name
        training = training.model_copy(update={"data": own_file(summary)})
    return (
        json.dumps(config_content(summary.model, training, summary.data, summary.origin), indent=2, ensure_ascii=False)
        + "\n"
    )


class _Written:
    """Where the ZIP is written to, and taken from block by block; it cannot be gone back in."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def write(self, block: bytes) -> int:
        self._blocks.append(bytes(block))
        return len(block)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """What was not taken yet can be taken still."""

    def take(self) -> bytes:
        taken = b"".join(self._blocks)
        self._blocks.clear()
        return taken

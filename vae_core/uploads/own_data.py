"""Data that people hand in, kept under the name of its content until the models made from it are gone."""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from vae_core.checkpoint.layout import UPLOADS_FOLDER, checkpoints_root
from vae_core.errors import DatasetError
from vae_core.files import replacing

BLOCK = 1 << 20
WHOLE = (".zip", ".npz", ".npy")


def keep_files(files: Sequence[tuple[str, BinaryIO]]) -> Path:
    """Store one ZIP, .npz or .npy as it is, or pictures together as a ZIP; returns where. Equal content is kept once.

    Nothing is unpacked here. Raises DatasetError where the files don't belong together.
    """
    if not files:
        raise DatasetError("No file was handed in.")
    suffixes = {PurePosixPath(name).suffix.lower() for name, _ in files}
    if suffixes & set(WHOLE):
        if len(files) > 1:
            raise DatasetError(
                "Hand in one ZIP, .npz or .npy file, or pictures: not several archives at once. Arrays become "
                "one file by numpy.savez(file, images=..., labels=...)."
            )
        name, content = files[0]
        return _store(content, PurePosixPath(name).suffix.lower())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for number, (name, content) in enumerate(files):
            plain = PurePosixPath(name.replace("\\", "/")).name or "picture"
            # A fixed date: equal pictures make an equal file.
            archive.writestr(zipfile.ZipInfo(f"{number:06d} {plain}"), content.read())
    packed.seek(0)
    return _store(packed, ".zip")


def _store(content: BinaryIO, suffix: str) -> Path:
    digest = hashlib.sha256()
    content.seek(0)
    while block := content.read(BLOCK):
        digest.update(block)
    # Absolute: whoever resumes a run may work in another folder.
    path = checkpoints_root().resolve() / UPLOADS_FOLDER / f"{digest.hexdigest()[:24]}{suffix}"
    if not path.exists():
        content.seek(0)
        with replacing(path) as temporary, temporary.open("wb") as file:
            while block := content.read(BLOCK):
                file.write(block)
    return path

"""An explorer folder as it lies there: its manifest read, and every file that it names checked. Free of torch."""

import hashlib
import os
import stat
from pathlib import Path

from pydantic import ValidationError

from vae_core.checkpoint.layout import MANIFEST_FILE
from vae_core.errors import CheckpointError, ConfigError, shortened
from vae_core.explorer_files.manifest import FORMAT_VERSION, Manifest
from vae_core.explorer_files.manifest_files import ArrayPart
from vae_core.explorer_files.map_arrays import check_array, unpacked
from vae_core.files import read_small
from vae_core.json_files import parse_json

LARGEST_MANIFEST = 4 << 20  # bytes


def read_manifest(folder: str | Path) -> Manifest:
    """Read an explorer folder's manifest and check it, and that every file is there with its size.

    Hashes and values are left to `check_contents`, which reads every byte.

    Raises:
        CheckpointError: naming the first thing wrong.
    """
    return checked_manifest(Path(folder), manifest_bytes(Path(folder)))


def manifest_bytes(folder: Path) -> bytes:
    """The content of an explorer folder's manifest, unchecked.

    Raises:
        CheckpointError: it is missing or can't be read.
    """
    path = folder / MANIFEST_FILE
    try:
        return read_small(path, LARGEST_MANIFEST)
    except OSError as error:
        raise CheckpointError(
            f"{path}: cannot be read ({error.strerror}); make the map with `python -m vae_core project`."
        ) from None


def checked_manifest(folder: Path, content: bytes) -> Manifest:
    """What `manifest_bytes` says, once it and the sizes of the files in `folder` have been checked.

    Raises:
        CheckpointError: naming the first thing wrong.
    """
    manifest = _parse(folder / MANIFEST_FILE, content)
    for role, file in manifest.files:
        path = os.path.join(folder, file.path)
        try:
            found = os.lstat(path)
        except OSError as error:
            reason = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
            raise CheckpointError(f"{path}: the {role} file {reason}; project the model again.") from None
        if stat.S_ISLNK(found.st_mode):
            raise CheckpointError(f"{path}: is a link; an explorer folder holds its files itself.")
        if not stat.S_ISREG(found.st_mode):
            raise CheckpointError(f"{path}: the {role} file is no regular file; project the model again.")
        if found.st_size != file.bytes:
            raise CheckpointError(f"{path}: has {found.st_size} bytes, expected {file.bytes}; project the model again.")
    return manifest


def check_contents(folder: str | Path) -> Manifest:
    """`read_manifest`, and then every file's sha256, that points and latents are finite, and labels and images known.

    Raises:
        CheckpointError: naming the first file that is wrong.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    for _, file in manifest.files:
        content = _content(folder / file.path, file.bytes)
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise CheckpointError(f"{folder / file.path}: its content is not what the manifest's sha256 says.")
        if isinstance(file, ArrayPart):
            check_array(folder, manifest, file, unpacked(content, file))
    return manifest


def _content(path: Path, size: int) -> bytes:
    try:
        return read_small(path, size)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror}).") from None


def _parse(path: Path, content: bytes) -> Manifest:
    try:
        values = parse_json(content)
    except ConfigError as error:
        raise CheckpointError(f"{path}: {error}") from None
    version = values.get("format") if isinstance(values, dict) else None
    if version != FORMAT_VERSION:
        shown = shortened(repr(version))
        raise CheckpointError(
            f"{path}: format version {shown} is unknown; this software reads version {FORMAT_VERSION}."
        )
    try:
        return Manifest.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "manifest"
        message = first["msg"].removeprefix("Value error, ")
        raise CheckpointError(f"{path}: {shortened(field)}: {message}.") from None

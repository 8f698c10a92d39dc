"""The files a browser needs to explore a model: where they lie, their addresses, which of them are public.

Two small JSON files decide what is served, so that nothing else can ever leave the machine:
`explorer/dist/assets.json` names the built browser files, a checkpoint's `explorer/manifest.json` its own.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vae_core.checkpoint.layout import EXPLORER_FOLDER, checkpoints_root
from vae_core.errors import CheckpointError, UserError
from vae_core.explorer_files.manifest import MANIFEST_FILE, read_manifest

ASSETS_ADDRESS = "explorer/assets/"
MODELS_ADDRESS = "explorer/models/"
DIST = Path(__file__).resolve().parents[1] / "explorer" / "dist"

# One visible file or folder: no separator, no leading dot, nothing unprintable.
_PLAIN_NAME = re.compile(r"[^\x00-\x1f\x7f/\\.][^\x00-\x1f\x7f/\\]*")


class NotBuiltError(UserError):
    """The browser half is missing or damaged; the message names the file and the command that makes it."""


@dataclass(frozen=True)
class ModelFiles:
    """The public files of one model.

    `version` changes with every byte of the manifest; `paths` maps each role ("decoder", "points", ...) to
    the content-hashed file name that the manifest gives it.
    """

    folder: Path
    manifest: bytes
    version: str
    paths: dict[str, str]


def is_plain_name(name: str) -> bool:
    """Whether `name` is a single visible file or folder name, with no way up, down or out."""
    return _PLAIN_NAME.fullmatch(name) is not None


def inside(folder: Path, name: str) -> Path | None:
    """The regular file `name` directly in `folder`, or None: nothing elsewhere, no link that leads away."""
    if not is_plain_name(name):
        return None
    path = folder / name
    return path if path.is_file() and path.resolve() == folder.resolve() / name else None


def assets() -> dict[str, str]:
    """The built browser files by role ("component", "wasm", ...), as `explorer/dist/assets.json` names them.

    Raises NotBuiltError where the browser half has not been built.
    """
    listing = DIST / "assets.json"
    if not listing.is_file():
        raise NotBuiltError(f"{listing} is missing: the browser half is not built; run `make build`.")
    return _read_assets(listing, listing.stat().st_mtime_ns)


def model_files(name: str) -> ModelFiles:
    """The files of the checkpoint called `name`.

    Raises CheckpointError where it has none, where one is damaged, or where a link leads elsewhere.
    """
    root = checkpoints_root()
    folder = root / name / EXPLORER_FOLDER
    if not is_plain_name(name) or not (root / name).is_dir():
        raise CheckpointError(f"{root}: holds no checkpoint {name!r}.")
    if not (folder / MANIFEST_FILE).exists():
        raise CheckpointError(
            f"{root / name}: has no map to explore; make it with "
            f"`python -m vae_core project {root / name} --data NAME`."
        )
    if folder.resolve() != root.resolve() / name / EXPLORER_FOLDER:
        raise CheckpointError(f"{folder}: a link leads out of {root}; a checkpoint holds its files itself.")
    return _read_model_files(folder, (folder / MANIFEST_FILE).stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read_assets(listing: Path, _modified: int) -> dict[str, str]:
    try:
        files = json.loads(listing.read_bytes())
    except ValueError as error:
        raise NotBuiltError(f"{listing} is not valid JSON ({error}); run `make build` again.") from None
    if not isinstance(files, dict) or not all(isinstance(name, str) for name in files.values()):
        raise NotBuiltError(f"{listing} does not map roles to file names; run `make build` again.")
    return files


@lru_cache(maxsize=64)
def _read_model_files(folder: Path, _modified: int) -> ModelFiles:
    paths = {role: file.path for role, file in read_manifest(folder).files}
    content = (folder / MANIFEST_FILE).read_bytes()
    return ModelFiles(folder, content, hashlib.sha256(content).hexdigest()[:12], paths)

"""The files a browser needs to explore a model: where they lie, their addresses, which of them are public.

Two small JSON files decide what is served, so that nothing else can ever leave the machine:
`explorer/dist/assets.json` names the built browser files, a checkpoint's `explorer/manifest.json` its own.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vae_core.checkpoint.layout import EXPLORER_FOLDER, EXPLORER_MANIFEST, checkpoints_root, is_plain_name
from vae_core.errors import CheckpointError, ConfigError, UserError, shortened
from vae_core.explorer_files.explorer_folder import checked_manifest, manifest_bytes
from vae_core.files import MISSING, Stamp, read_small, stamp
from vae_core.json_files import LARGEST_JSON, parse_json

ASSETS_ADDRESS = "explorer/assets/"
MODELS_ADDRESS = "explorer/models/"
ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "explorer" / "dist"
LISTING = "assets.json"
_SHOWN_LISTING = f"explorer/dist/{LISTING}"
LONGEST_MESSAGE = 1000  # characters
# A path from the machine's own root, and its last part.
_ABSOLUTE = re.compile(r"""(?<![\w/.:~…])/(?:[^\s/:'"`]+/)+([^\s/:'"`]+)""")


class NotBuiltError(UserError):
    """The browser half is missing or damaged; the message names the file and the command that makes it."""


@dataclass(frozen=True)
class ModelFiles:
    """The public files of one model.

    `version` changes with every byte of the manifest; `paths` maps each role ("decoder", "thumbnails", ...) to
    the content-hashed file names that the manifest gives it.
    """

    folder: Path
    manifest: bytes
    version: str
    paths: dict[str, list[str]]

    @property
    def names(self) -> set[str]:
        """All files' names."""
        return {name for names in self.paths.values() for name in names}


def base_path(configured: str) -> str:
    """Where the app begins on its server, by Streamlit's option `server.baseUrlPath`: "" or "/latent", say."""
    base = configured.strip("/")
    return f"/{base}" if base else ""


def for_visitors(said: BaseException | str) -> str:
    """What an error or a run says, told to a browser: places lie in the checkpoints folder, not on this machine."""
    words = str(said)
    root = checkpoints_root()
    for folder in (root.absolute(), root.resolve(), ROOT):
        if folder != folder.parent:
            words = re.sub(f"{re.escape(str(folder))}/", "", words)
            words = re.sub(rf"{re.escape(str(folder))}(?![\w.-])", f"the folder {folder.name}", words)
    words = _ABSOLUTE.sub(r"…/\1", words)
    words = words.encode("utf-8", "backslashreplace").decode()
    return words if len(words) <= LONGEST_MESSAGE else f"{words[: LONGEST_MESSAGE - 1]}…"


def inside(folder: Path, name: str) -> Path | None:
    """The regular file `name` directly in `folder`, or None: nothing elsewhere, no link that leads away."""
    path = folder / name
    if not is_plain_name(name) or not os.path.isfile(path):
        return None
    return path if path.resolve() == folder.resolve() / name else None


def assets() -> dict[str, str]:
    """The built browser files by role ("component", "wasm", ...), as `explorer/dist/assets.json` names them.

    Raises NotBuiltError where the browser half has not been built.
    """
    listing = DIST / LISTING
    if not os.path.isfile(listing):
        raise NotBuiltError(f"{_SHOWN_LISTING} is missing: the browser half is not built; run `make build`.")
    return _read_assets(listing, stamp(listing))


def model_files(name: str) -> ModelFiles:
    """The files of the checkpoint called `name`.

    Raises CheckpointError where it has none, where one is damaged, or where a link leads elsewhere.
    """
    root = checkpoints_root()
    manifest = stamp(os.path.join(root, name, EXPLORER_MANIFEST)) if is_plain_name(name) else ()
    if not manifest or (len(manifest) == 1 and not os.path.isdir(root / name)):
        raise CheckpointError(f"There is no checkpoint called {shortened(repr(name))}.")
    return _read_model_files(root, name, (stamp(os.path.join(root, name, EXPLORER_FOLDER)), manifest))


@lru_cache(maxsize=4)
def _read_assets(listing: Path, _stamp: Stamp) -> dict[str, str]:
    try:
        files = parse_json(read_small(listing, LARGEST_JSON))
    except (ConfigError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise NotBuiltError(f"{_SHOWN_LISTING} cannot be read ({reason}); run `make build` again.") from None
    if not isinstance(files, dict) or not all(isinstance(name, str) for name in files.values()):
        raise NotBuiltError(f"{_SHOWN_LISTING} does not map roles to file names; run `make build` again.")
    return files


@lru_cache(maxsize=64)
def _read_model_files(root: Path, name: str, stamps: tuple[Stamp, Stamp]) -> ModelFiles:
    checkpoint = root / name
    folder = checkpoint / EXPLORER_FOLDER
    if stamps[1] == MISSING:
        raise CheckpointError(
            f"{checkpoint}: has no map to explore; make it with "
            f"`python -m vae_core project {root.resolve().name}/{name} --data NAME`."
        )
    if os.path.islink(checkpoint) or os.path.islink(folder):
        raise CheckpointError(f"{folder}: a link leads elsewhere; a checkpoint holds its files itself.")
    content = manifest_bytes(folder)
    paths: dict[str, list[str]] = {}
    for role, file in checked_manifest(folder, content).files:
        paths.setdefault(role, []).append(file.path)
    return ModelFiles(folder, content, hashlib.sha256(content).hexdigest()[:12], paths)

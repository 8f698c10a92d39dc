"""A static site of models: Explore and Interpolate for any host and any sub-path, without Python. Free of torch.

    index.html  explorer.js  models.json  assets/…  models/NAME/…

`models.json` lists the models for the page, and every file of the site, so that a later export knows its forerunner.
"""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from PIL import Image

from vae_core.checkpoint.layout import MANIFEST_FILE, CheckpointSummary, read_checkpoint
from vae_core.config import Network
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.errors import ConfigError, UserError
from vae_core.explorer_files.explorer_folder import check_contents, manifest_bytes, read_manifest
from vae_core.explorer_files.manifest import Manifest
from vae_core.explorer_files.manifest_files import HASH_DIGITS
from vae_core.files import read_small
from vae_core.json_files import LARGEST_JSON, parse_json
from vae_core.sharing.parcel import Parcel, Source, size_of

BUILT = Path(__file__).resolve().parents[2] / "explorer" / "dist"
LISTING = "site.json"  # of what was built: each path in the site, and which file of the build it is
MODELS_FILE = "models.json"
MODELS_FOLDER = "models"
FORMAT = 1
UNTOUCHED = ".nojekyll"  # GitHub's pages leave out names that begin with _, unless this file is there
# Models of these need no more than our own runtime, whatever their settings; an imported one's graphs may be anything.
OWN_NETWORKS = tuple(name for name in get_args(Network) if name != "imported")


class NotBuiltError(UserError):
    """The browser half, of which a site is made, has not been built here."""


@dataclass(frozen=True)
class SiteSize:
    """Bytes of a site: the page, what else runs graphs that our own runtime does not, and each model."""

    page: int
    onnxruntime: int
    models: dict[str, int]

    @property
    def total(self) -> int:
        """All of it."""
        return self.page + self.onnxruntime + sum(self.models.values())


@dataclass(frozen=True)
class _Model:
    summary: CheckpointSummary
    folder: Path
    manifest: Manifest

    @property
    def files(self) -> dict[str, Path]:
        """The browser's files by their names in the site."""
        names = [MANIFEST_FILE, *(file.path for _, file in self.manifest.files)]
        return {f"{MODELS_FOLDER}/{self.summary.name}/{name}": self.folder / name for name in names}

    @property
    def needs_onnxruntime(self) -> bool:
        """Whether its graphs may hold what our own runtime has not."""
        return self.manifest.model.network not in OWN_NETWORKS


def site_size(folders: Sequence[str | Path]) -> SiteSize:
    """How large a site of these checkpoints is. Raises as `site_parcel`."""
    return _sizes(site_parcel(folders))


def site_parcel(folders: Sequence[str | Path]) -> Parcel:
    """The files of a site of these checkpoints, every byte of their maps checked.

    Raises:
        CheckpointError: one of them, or its map, is damaged.
        UserError: one has no map, or two bear the same name.
        NotBuiltError: the browser half is not built.
    """
    models, listing = _models(folders), _listing()
    files: dict[str, Source] = {**listing["page"], UNTOUCHED: b""}
    if any(model.needs_onnxruntime for model in models):
        files |= listing["onnxruntime"]
    described = []
    for model in models:
        check_contents(model.folder)
        picture = _picture(model)
        name = f"picture.{hashlib.sha256(picture).hexdigest()[:HASH_DIGITS]}.png"
        files |= {**model.files, f"{MODELS_FOLDER}/{model.summary.name}/{name}": picture}
        version = hashlib.sha256(manifest_bytes(model.folder)).hexdigest()[:HASH_DIGITS]
        about = about_model(model.summary)
        described.append({"name": model.summary.name, "about": about, "picture": name, "version": version})
    content = {"format": FORMAT, "models": described, "files": sorted([*files, MODELS_FILE])}
    files[MODELS_FILE] = (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
    return Parcel(files)


def write_site(folders: Sequence[str | Path], output: str | Path) -> SiteSize:
    """Write a site of these checkpoints into a folder, whole or not at all; an earlier site there is replaced.

    Raises:
        CheckpointError, UserError: as for `site_parcel`; or `output` holds what is not of an earlier site.
        OSError: the disk is full or the folder can't be written; what lay there is as it was.
    """
    parcel = site_parcel(folders)
    parcel.write_folder(Path(output), is_site)
    return _sizes(parcel)


def is_site(folder: Path) -> bool:
    """Whether a folder holds a site of ours and nothing else."""
    try:
        content = parse_json(read_small(folder / MODELS_FILE, LARGEST_JSON))
    except (ConfigError, OSError):
        return False
    if not isinstance(content, dict) or content.get("format") != FORMAT or not isinstance(content.get("files"), list):
        return False
    there = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()
    }
    return there <= {name for name in content["files"] if isinstance(name, str)}


def about_model(summary: CheckpointSummary) -> str:
    """What a model has learned from, in a few words."""
    dimensions, entry = summary.model.latent_dim, CATALOGUE.get(summary.training.data)
    title = entry.title if entry else summary.data.name
    return f"{summary.data.images:,} images of {title} · {dimensions} latent dimension{'s' * (dimensions > 1)}"


def _sizes(parcel: Parcel) -> SiteSize:
    page, onnxruntime, models = 0, 0, dict[str, int]()
    runtime = _listing()["onnxruntime"]
    for at, source in parcel.files.items():
        size = size_of(source)
        if at.startswith(f"{MODELS_FOLDER}/"):
            name = at.split("/")[1]
            models[name] = models.get(name, 0) + size
        elif at in runtime:
            onnxruntime += size
        else:
            page += size
    return SiteSize(page, onnxruntime, models)


def _models(folders: Sequence[str | Path]) -> list[_Model]:
    models: dict[str, _Model] = {}
    for folder in folders:
        summary = read_checkpoint(folder)
        if summary.explorer_manifest is None:
            raise UserError(
                f"{summary.path} has no map yet: make it with python -m vae_core project {summary.path} --data NAME."
            )
        if summary.name in models:
            raise UserError(f"Two models are called {summary.name}: rename one of the folders.")
        explorer = summary.explorer_manifest.parent
        models[summary.name] = _Model(summary, explorer, read_manifest(explorer))
    return list(models.values())


def _listing() -> dict[str, dict[str, Path]]:
    """What was built, by part: paths in the site, and where the files are."""
    try:
        listing: Any = parse_json(read_small(BUILT / LISTING, LARGEST_JSON))
        return {part: {at: BUILT / name for at, name in listing[part].items()} for part in ("page", "onnxruntime")}
    except (ConfigError, OSError, KeyError, TypeError, AttributeError):
        raise NotBuiltError("The browser half, of which a site is made, is not built: run `make build`.") from None


def _picture(model: _Model) -> bytes:
    """A PNG of the small picture with most contrast on the map's first sheet: the model's face."""
    sheet = model.manifest.files.thumbnails[0]
    with Image.open(model.folder / sheet.path) as opened:
        pixels = np.asarray(opened.convert("RGB"))
    tile = sheet.tile
    places = [(row * tile, column * tile) for row in range(sheet.rows) for column in range(sheet.columns)]
    tiles = [pixels[top : top + tile, left : left + tile] for top, left in places]
    clearest = max(tiles, key=lambda pixels: float(pixels.std()) if pixels.size else 0.0)
    buffer = io.BytesIO()
    Image.fromarray(clearest).save(buffer, "PNG")
    return buffer.getvalue()

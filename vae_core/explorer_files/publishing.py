"""An explorer folder is given its files so that a reader finds the old ones whole or the new ones."""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vae_core.checkpoint.layout import MANIFEST_FILE
from vae_core.data.dataset import Dataset
from vae_core.errors import UserError
from vae_core.explorer_files.explorer_folder import check_contents
from vae_core.explorer_files.held_factors import held_factors
from vae_core.explorer_files.known_ground import measure_ground
from vae_core.explorer_files.manifest import Manifest
from vae_core.explorer_files.manifest_files import HASH_DIGITS, HASHED_NAME
from vae_core.explorer_files.map_arrays import read_array, unpacked
from vae_core.explorer_files.prior_record import pack_prior
from vae_core.files import write_bytes, write_json
from vae_core.model.priors import GaussianMixture
from vae_core.model.vae import VAE

COMPARED = 64  # images of a map
AS_KEPT = 2e-3  # what half precision and another processor change of a latent


def copy_explorer(source: str | Path, output: str | Path) -> Path:
    """Copy checked explorer files, those of a checkpoint that has its map, to another folder.

    Raises:
        CheckpointError: the files are damaged or missing.
        UserError: `output` can't be written.
    """
    source = Path(source)
    manifest = check_contents(source)
    contents = {file.path: (source / file.path).read_bytes() for _, file in manifest.files}
    return publish(Path(output), contents, manifest)


def renew_prior(folder: str | Path, prior: GaussianMixture) -> Manifest:
    """Take another fitted prior to the map that lies in an explorer folder, which stays as it is otherwise.

    Raises:
        CheckpointError: the files are damaged or missing.
        UserError: `folder` can't be written.
    """
    folder = Path(folder)
    manifest = check_contents(folder)
    contents = {file.path: (folder / file.path).read_bytes() for role, file in manifest.files if role != "prior"}
    means = unpacked(contents[manifest.files.latents.path], manifest.files.latents)
    packed = pack_prior(prior)
    file = named_file("prior", "f32", packed.tobytes(), dtype="float32", shape=list(packed.shape))
    described = manifest.model_dump(mode="json")
    described["files"]["prior"] = file
    described["ground"] = measure_ground(prior, torch.from_numpy(means.astype("f4")))
    renewed = Manifest.model_validate(described)
    publish(folder, contents | {file["path"]: packed.tobytes()}, renewed)
    return renewed


@torch.inference_mode()
def shows(folder: str | Path, model: VAE, dataset: Dataset) -> bool:
    """Whether a map's latents are what the model makes of the same images; taken for granted where it does not say
    which images it shows, or where these are not the data set's.

    Raises:
        CheckpointError: the files are damaged or missing.
    """
    folder = Path(folder)
    manifest = check_contents(folder)
    file, latents = manifest.files.indices, manifest.files.latents
    if file is None or (dataset.fingerprint, dataset.split) != (manifest.data.fingerprint, manifest.data.split):
        return True
    indices = torch.from_numpy(read_array(folder, file, COMPARED).astype("i8"))
    kept = read_array(folder, latents, COMPARED)
    images = dataset.batch(indices).to(next(model.parameters()).device)
    means = model.posterior(images).mean.cpu().numpy()
    return bool(np.allclose(means, kept, rtol=AS_KEPT, atol=AS_KEPT))


def renew_factors(folder: str | Path, dataset: Dataset) -> Manifest:
    """Say anew which factors of its data set the dimensions of a map hold; the map stays as it is otherwise.

    Raises:
        CheckpointError: the files are damaged or missing.
        UserError: the map shows other images or does not say which, or `folder` can't be written.
    """
    folder = Path(folder)
    manifest = check_contents(folder)
    file, latents = manifest.files.indices, manifest.files.latents
    if file is None or (dataset.fingerprint, dataset.split) != (manifest.data.fingerprint, manifest.data.split):
        reason = "does not say which images it shows" if file is None else "is of other images"
        raise UserError(f"{folder}: the map {reason}; draw it anew with `python -m vae_core project`.")
    contents = {part.path: (folder / part.path).read_bytes() for _, part in manifest.files}
    indices = torch.from_numpy(unpacked(contents[file.path], file).astype("i8"))
    codes = unpacked(contents[latents.path], latents).astype("f8")
    described = manifest.model_dump(mode="json")
    described["latent"]["factors"] = held_factors(codes, dataset.columns_of(indices), manifest.latent.active)
    renewed = Manifest.model_validate(described)
    publish(folder, contents, renewed)
    return renewed


def named_file(role: str, suffix: str, content: bytes, **details: Any) -> dict[str, Any]:
    """A file of the manifest, which names it by its content."""
    digest = hashlib.sha256(content).hexdigest()
    path = f"{role}.{digest[:HASH_DIGITS]}.{suffix}"
    return {"path": path, "bytes": len(content), "sha256": digest, **details}


def publish(folder: Path, contents: Mapping[str, bytes], manifest: Manifest) -> Path:
    """Put files and manifest into a folder so that a reader finds the old ones whole or the new ones.

    New files have new names and stand beside the old until the manifest, replaced in one step, names them.
    """
    existed = folder.is_dir()
    before = {path.name for path in folder.iterdir()} if existed else set()
    try:
        for name, content in contents.items():
            write_bytes(folder / name, content)
        write_json(folder / MANIFEST_FILE, manifest.model_dump(mode="json"))
    except BaseException as error:
        if existed:
            _remove(folder, set(contents) - before)
        else:
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise UserError(f"{folder}: the explorer files cannot be written ({error.strerror}).") from None
        raise
    _remove(folder, {name for name in before - set(contents) if HASHED_NAME.fullmatch(name)})
    return folder


def _remove(folder: Path, names: set[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)

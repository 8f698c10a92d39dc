"""What an imported model's map shows: somebody's images, images with known latents, or draws of the prior."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vae_core.config import Crop
from vae_core.data.dataset import Dataset, in_memory, load_dataset
from vae_core.data.files.intake import MIB
from vae_core.data.named.catalogue_sets import Labelled
from vae_core.errors import DatasetError, ImportingError
from vae_core.explorer_files.manifest import Decoded
from vae_core.files import read_start
from vae_core.imports.description import Found
from vae_core.model.imported import ImportedVAE
from vae_core.progress import ProgressListener, silent

DRAWS = 2_000
DECODED_AT_ONCE = 200
LARGEST_LATENTS = 1024 * MIB


@dataclass(frozen=True)
class Shown:
    """Images on the map, with their latents (N, D) where the encoder does not tell them; `words` say what they are, and
    `decoded` what they were made of where nobody has handed any in.
    """

    dataset: Dataset
    latents: Tensor | None
    words: str
    decoded: Decoded | None = None


def images_of(
    source: str | None, found: Found, data_dir: str | None, crop: Crop, progress: ProgressListener = silent
) -> Dataset | None:
    """The images that were named, or those beside the model; None where there are none. Raises DatasetError."""
    path = source or found.images
    if path is None:
        return None
    dataset = load_dataset(
        path if source else Path(path),
        data_dir=data_dir,
        image_size=found.image_size,
        channels=found.channels,
        crop=crop,
        progress=progress,
    )
    names = found.class_names
    if names and len(names) == len(dataset.class_names):
        return Dataset(**{**vars(dataset), "class_names": names})
    return dataset


def known_latents(found: Found) -> Tensor | None:
    """What `latents.npy` beside a model holds, (N, D); None where there is none.

    Raises:
        ImportingError: it is no array of latents of this model.
    """
    if found.latents is None:
        return None
    try:
        if read_start(found.latents, 0)[1] > LARGEST_LATENTS:
            raise ImportingError(f"latents.npy: it has more than {LARGEST_LATENTS // MIB:,} MiB, the limit.")
        array = np.lib.format.open_memmap(found.latents, mode="r")  # of no more numbers than the file holds
    except (OSError, ValueError, OverflowError) as error:
        raise ImportingError(f"latents.npy: it is no readable array ({error}).") from None
    if array.dtype.kind != "f" or array.ndim < 2 or len(array) < 2 or np.prod(array.shape[1:]) != found.latent_numbers:
        raise ImportingError(
            f"latents.npy: it holds {array.dtype.name} of shape {array.shape}, expected decimal numbers of shape "
            f"(images, {', '.join(map(str, found.latent_shape))})."
        )
    if not np.isfinite(array).all():
        raise ImportingError("latents.npy: it holds values that are not finite.")
    return torch.from_numpy(array.reshape(len(array), -1).astype(np.float32))


def what_to_map(model: ImportedVAE, images: Dataset | None, latents: Tensor | None) -> Shown:
    """Images with the encoder or with their latents; else latents, or draws of the prior, with what they decode to.

    Raises:
        DatasetError: there are not as many latents as images.
    """
    if images is not None and model.encoder_file is not None:
        return Shown(images, None, f"{len(images):,} images, encoded")
    if images is not None and latents is not None:
        places = torch.arange(len(images)) if images.places is None else images.places
        counts = images.report.counts.values()
        least = sum(counts)
        most = least + len(images.report.skipped)  # which may have latents, too
        if int(places.max()) >= len(latents) or (counts and not least <= len(latents) <= most):
            raise DatasetError(f"latents.npy has {len(latents):,} latents, but there are {least:,} images.")
        return Shown(images, latents[places], f"{len(images):,} images with their latents")
    if latents is not None:
        return Shown(_decoded(model, latents, "latents"), latents, f"{len(latents):,} latents, decoded", "latents")
    draws = torch.randn(DRAWS, model.config.latent_dim, generator=torch.Generator().manual_seed(0))
    words = f"{DRAWS:,} draws of the prior N(0, I), decoded: no images were handed in"
    if images is not None:
        words = f"{DRAWS:,} draws of the prior N(0, I), decoded: without an encoder images cannot be placed"
    return Shown(_decoded(model, draws, "draws of the prior"), draws, words, "draws")


@torch.inference_mode()
def _decoded(model: ImportedVAE, latents: Tensor, name: str) -> Dataset:
    images = torch.cat([model.decode(chunk) for chunk in latents.split(DECODED_AT_ONCE)])
    pixels = (images * 255).round().to(torch.uint8).numpy()
    return in_memory(name, "train", Labelled(pixels, np.zeros(len(pixels), np.int64), (name,)))

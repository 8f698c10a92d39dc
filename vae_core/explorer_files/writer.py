"""The explorer files: everything a browser needs to explore a model without Python."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vae_core.checkpoint.layout import EXPLORER_FOLDER
from vae_core.checkpoint.weights import Checkpoint, load_checkpoint
from vae_core.config import TrainConfig
from vae_core.data.dataset import Dataset
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.errors import UserError
from vae_core.explorer_files.explorer_folder import check_contents
from vae_core.explorer_files.graphs import compact_decoder_graph, encoder_graph
from vae_core.explorer_files.held_factors import held_factors
from vae_core.explorer_files.known_ground import measure_ground
from vae_core.explorer_files.latent_map import POINTS, LatentMap, make_thumbnails, map_dataset
from vae_core.explorer_files.manifest import FORMAT_VERSION, Decoded, Framing, Manifest
from vae_core.explorer_files.prior_record import describe_prior, pack_prior
from vae_core.explorer_files.publishing import named_file, publish
from vae_core.films.samples import keep_samples
from vae_core.model.imported import has_encoder
from vae_core.progress import Progress, ProgressListener, silent
from vae_core.projection.projection import Method
from vae_core.projection.umap_settings import UmapSettings

SUFFIXES = {"float32": "f32", "float16": "f16", "uint8": "u8", "uint16": "u16", "uint32": "u32"}
IMAGES_AT_ONCE = 1024
LOOKED_AT = 500  # images in which rounded weights may show

# Whatever else is in the catalogue is cropped to its middle square.
FRAMINGS: dict[str, Framing] = {
    "mnist": "mass",
    "emnist": "box",  # centred by its bounding box, with two pixels to spare
    "kmnist": "box",  # characters fill their frame
    "fashion-mnist": "box",
    "fonts": "box",
    "digits": "box",  # every one is as high as its image, and its bounding box is in the middle
}


def export_explorer(
    checkpoint: Checkpoint | str | Path,
    dataset: Dataset,
    output: str | Path,
    *,
    method: Method | None = None,
    settings: UmapSettings | None = None,
    axes: tuple[int, ...] | None = None,
    points: int = POINTS,
    seed: int = 0,
    progress: ProgressListener = silent,
) -> Path:
    """Map a data set with a checkpoint and write the explorer files into `output`; returns that folder.

    Method, `settings` and axes are chosen as by `map_dataset` where they are not given. Above `points` images the
    map shows a stratified sample. Whatever happens, also where `progress` raises, `output` holds either the old
    files whole or the new ones.

    Raises:
        CheckpointError: the checkpoint is damaged.
        DatasetError: the images do not fit the model.
        UserError: method, settings, axes or points do not fit, or `output` can't be written.
    """
    loaded = checkpoint if isinstance(checkpoint, Checkpoint) else load_checkpoint(checkpoint)
    latent_map = map_dataset(
        loaded.model,
        dataset,
        method=method,
        settings=settings,
        axes=axes,
        points=points,
        seed=seed,
        progress=progress,
    )
    return write_explorer(loaded, latent_map, output, progress=progress)


def project_checkpoint(
    path: str | Path,
    dataset: Dataset,
    *,
    method: Method | None = None,
    settings: UmapSettings | None = None,
    axes: tuple[int, ...] | None = None,
    points: int = POINTS,
    seed: int = 0,
    progress: ProgressListener = silent,
) -> Manifest:
    """Make or remake a checkpoint's map, in its own `explorer` folder, and its samples; else as `export_explorer`."""
    loaded = load_checkpoint(path)
    folder = export_explorer(
        loaded,
        dataset,
        Path(path) / EXPLORER_FOLDER,
        method=method,
        settings=settings,
        axes=axes,
        points=points,
        seed=seed,
        progress=progress,
    )
    keep_samples(loaded)
    return check_contents(folder)


def write_explorer(
    checkpoint: Checkpoint,
    latent_map: LatentMap,
    output: str | Path,
    *,
    decoded: Decoded | None = None,
    progress: ProgressListener = silent,
) -> Path:
    """Write a map and its model's graphs as explorer files into the folder `output`, whole or not at all.

    `decoded` says what the map's images were made of where they are the decoder's own.
    """
    model, means = checkpoint.model, latent_map.encoding.means
    some = means[:: math.ceil(len(means) / LOOKED_AT)]
    graphs: dict[str, Callable[[], bytes]] = {"decoder": lambda: compact_decoder_graph(model, some)}
    if has_encoder(model):
        graphs["encoder"] = lambda: encoder_graph(model)
    learned = checkpoint.model.learned_prior
    prior = learned or checkpoint.fitted_prior
    arrays = _arrays(latent_map) | ({} if prior is None else {"prior": pack_prior(prior)})
    if decoded is not None:
        del arrays["reconstruction_error"]  # of an image and itself
    if model.config.posterior == "full":  # its whole covariance, which the encoder tells, is too much for every point
        arrays.pop("log_variances", None)
    contents: dict[str, bytes] = {}
    files: dict[str, Any] = {}

    def add(role: str, suffix: str, content: bytes, **details: Any) -> dict[str, Any]:
        file = named_file(role, suffix, content, **details)
        contents[file["path"]] = content
        return file

    sheets = make_thumbnails(latent_map.dataset, latent_map.indices, arrays["points"], progress=progress)
    for done, (role, make) in enumerate(graphs.items()):
        progress(Progress("Writing the browser's files", done, len(graphs) + 1))
        files[role] = add(role, "onnx", make())
    progress(Progress("Writing the browser's files", len(graphs), len(graphs) + 1))
    for role, array in arrays.items():
        dtype = array.dtype.name
        files[role] = add(role, SUFFIXES[dtype], array.tobytes(), dtype=dtype, shape=list(array.shape))
    files["thumbnails"] = [
        add("thumbnails", "webp", sheet.content, tile=sheet.tile, columns=sheet.columns, rows=sheet.rows)
        for sheet in sheets
    ]
    ground = None if prior is None else measure_ground(prior, means)
    described = _describe(checkpoint, latent_map, arrays) | {"ground": ground, "files": files}
    described["prior"] = describe_prior(learned)
    described["data"]["decoded"] = decoded
    manifest = Manifest.model_validate(described)
    folder, own = Path(output), checkpoint.summary.path
    if folder.resolve().parent == own.resolve() and not own.is_dir():
        raise UserError(f"{own}: this model was removed while its map was made.")
    folder = publish(folder, contents, manifest)
    progress(Progress("Writing the browser's files", len(graphs) + 1, len(graphs) + 1))
    return folder


def _arrays(latent_map: LatentMap) -> dict[str, np.ndarray]:
    """The map's arrays by role, little endian whatever the machine."""
    encoding, projection = latent_map.encoding, latent_map.projection
    labels = "<u1" if len(latent_map.dataset.class_names) <= 256 else "<u2"
    halves = {"latents": encoding.means, "reconstruction_error": encoding.reconstruction_error}
    if encoding.tells_posteriors:
        halves |= {"log_variances": encoding.log_variances, "kl": encoding.kl}
    if projection.plane_latents is not None:
        halves["plane_latents"] = projection.plane_latents
    largest = torch.finfo(torch.float16).max
    return {
        "points": projection.positions.numpy().astype("<f4"),
        "indices": latent_map.indices.numpy().astype("<u4"),
        "labels": latent_map.labels.numpy().astype(labels),
        **{role: values.clamp(-largest, largest).numpy().astype("<f2") for role, values in halves.items()},
    }


def _describe(checkpoint: Checkpoint, latent_map: LatentMap, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """The manifest but its files."""
    config, dataset, encoding = checkpoint.summary.model, latent_map.dataset, latent_map.encoding
    treatment = dataset.treatment
    known = checkpoint.summary.origin is None or config.likelihood != "continuous-bernoulli"
    count, total = len(latent_map.indices), len(dataset)
    shape = ("network", "posterior", "likelihood", "latent_dim", "image_size", "channels")
    counts = torch.bincount(latent_map.labels, minlength=len(dataset.class_names))
    axes = latent_map.projection.axes
    return {
        "format": FORMAT_VERSION,
        "name": checkpoint.summary.name,
        # What an imported decoder puts out is a continuous Bernoulli's parameter, which a browser takes for its mean.
        "model": {field: getattr(config, field) for field in shape}
        | {"variance": checkpoint.model.head.variance}
        | ({} if known else {"likelihood": "unknown"}),
        "data": {
            "name": dataset.name,
            "split": dataset.split,
            "class_names": list(dataset.class_names),
            "fingerprint": dataset.fingerprint,
            "framing": framing_of(checkpoint.summary.training),
            "background": border_brightness(dataset, latent_map.indices),
            "ground": treatment.ground,
            "levels": [treatment.of_bytes.low, treatment.of_bytes.high],
            "whole_levels": [treatment.of_whole.low, treatment.of_whole.high],
            "binarised": dataset.is_binarised,
        },
        "map": {
            "method": latent_map.projection.method,
            "axes": None if axes is None else list(axes),
            "settings": latent_map.projection.settings,
            "seed": latent_map.seed,
            "count": count,
            "total": total,
            "sampled": count < total,
            "bounds": list(latent_map.bounds),
            "trustworthiness": latent_map.trustworthiness,
            "round_trip_error": latent_map.round_trip_error,
            "start": latent_map.start,
            "start_latent": arrays["latents"][latent_map.start].tolist(),
            "start_position": arrays["points"][latent_map.start].tolist(),
            "class_counts": counts.tolist(),
        },
        "latent": {
            "mean": encoding.means.mean(0).tolist(),
            "standard_deviation": encoding.means.std(0, unbiased=False).tolist(),
            "kl_per_dimension": encoding.kl_per_dimension.tolist() if encoding.tells_posteriors else None,
            "order": encoding.kl_per_dimension.argsort(descending=True, stable=True).tolist(),
            "active": latent_map.active.tolist(),
            "factors": held_factors(
                arrays["latents"].astype("f8"), dataset.columns_of(latent_map.indices), latent_map.active.tolist()
            ),
        },
    }


def framing_of(training: TrainConfig) -> Framing:
    """How a model's images were framed: in a way of their own those of the catalogue, a person's own by their crop.

    The setting decides and not the data set's title: a person's own folder may be called mnist as well.
    """
    if training.data in CATALOGUE:
        return FRAMINGS.get(training.data, "crop")
    return "padded" if training.crop == "padded" else "crop"


def border_brightness(dataset: Dataset, indices: Tensor) -> float:
    """Mean of the outermost pixels of the chosen images, 0 (black) to 1."""
    total = 0
    for chunk in indices.split(IMAGES_AT_ONCE):
        images = dataset.images[chunk]  # uint8 (B, C, H, W)
        rows, columns = images[..., [0, -1], :], images[..., 1:-1, [0, -1]]
        total += int(rows.sum()) + int(columns.sum())
    pixels = 4 * (dataset.image_size - 1) * dataset.channels
    return total / (255 * pixels * len(indices))

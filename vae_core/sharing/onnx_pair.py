"""A model's decoder and encoder as ONNX files, out of the graphs that lie in its folder already. Free of torch."""

import json
from pathlib import Path

from vae_core.checkpoint.layout import DECODER_FILE, ENCODER_FILE, CheckpointSummary, read_checkpoint
from vae_core.errors import UserError
from vae_core.explorer_files.explorer_folder import read_manifest
from vae_core.explorer_files.pair_description import PAIR_DECODER, PAIR_ENCODER, PAIR_FILE, describe_pair
from vae_core.sharing.parcel import Parcel, Source


def onnx_parcel(folder: str | Path) -> Parcel:
    """`decoder.onnx`, `encoder.onnx` where there is one, and `model.json`.

    Raises:
        CheckpointError: it is no checkpoint, or its explorer files are damaged.
        UserError: it has no map yet, and so no graphs.
    """
    summary = read_checkpoint(folder)
    graphs, variance = _of_its_map(summary) if summary.origin is None else _its_own(summary)
    told = summary.origin is None or summary.origin.encoder == "mean and variance"
    described = describe_pair(summary.model, variance, summary.data.class_names, tells_variance=told)
    content = (json.dumps(described, indent=2, ensure_ascii=False) + "\n").encode()
    return Parcel({**graphs, PAIR_FILE: content})


def _its_own(summary: CheckpointSummary) -> tuple[dict[str, Source], float | None]:
    """Those that an imported model consists of, and its likelihood's variance."""
    names = {PAIR_DECODER: DECODER_FILE, PAIR_ENCODER: ENCODER_FILE}
    graphs: dict[str, Source] = {
        name: summary.path / file for name, file in names.items() if (summary.path / file).is_file()
    }
    variance = summary.model.variance
    return graphs, variance if isinstance(variance, float) else None


def _of_its_map(summary: CheckpointSummary) -> tuple[dict[str, Source], float | None]:
    """Those that the browser explores with, and the likelihood's variance."""
    if summary.explorer_manifest is None:
        raise UserError(f"{summary.path}: has no map yet, and its graphs are made with one: draw it first.")
    folder = summary.explorer_manifest.parent
    manifest = read_manifest(folder)
    graphs: dict[str, Source] = {PAIR_DECODER: folder / manifest.files.decoder.path}
    if manifest.files.encoder is not None:
        graphs[PAIR_ENCODER] = folder / manifest.files.encoder.path
    return graphs, manifest.model.variance

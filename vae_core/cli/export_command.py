"""The commands that give checkpoints away: copied out in a form that others can use, or pushed to the hub."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from vae_core.checkpoint.layout import read_checkpoint
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.cli.reporting import ProgressLine, Result
from vae_core.errors import UserError
from vae_core.explorer_files.graphs import export_onnx
from vae_core.explorer_files.pair_description import left_behind
from vae_core.explorer_files.publishing import copy_explorer
from vae_core.sharing.checkpoint_files import checkpoint_parcel, hub_parcel
from vae_core.sharing.parcel import megabytes
from vae_core.sharing.publication import Publication
from vae_core.sharing.pushing import push
from vae_core.sharing.static_site import write_site


def export(options: argparse.Namespace) -> Result:
    """Copy checkpoints out: a site of several, every other form of one."""
    folders = [Path(folder) for folder in options.checkpoints]
    output = Path(options.output)
    if options.with_training and options.format != "zip":
        raise UserError("--with-training belongs to --format zip.")
    if options.format == "site":
        return _site(folders, output)
    if len(folders) > 1:
        raise UserError(f"--format {options.format} takes one checkpoint; a site takes several.")
    if options.format == "zip":
        return _zip(folders[0], output, training=options.with_training)
    forms: dict[str, Callable[[Path, Path], Result]] = {"onnx": _onnx, "explorer": _explorer, "huggingface": _hub}
    return forms[options.format](folders[0], output)


def push_model(options: argparse.Namespace) -> Result:
    """Push a checkpoint to a repository of the Hugging Face hub, with the token of this machine."""
    line = ProgressLine()
    wish = Publication.checked(
        folder=options.checkpoint,
        repository=options.repository,
        licence=options.license,
        dataset=options.dataset,
        public=options.public,
    )
    address = push(wish, line)
    line.finish()
    seen = "everybody may see it" if options.public else "yours alone, unless it was open before"
    return Result({"address": address}, f"{address}: {seen}.")


def _site(folders: list[Path], output: Path) -> Result:
    size = write_site(folders, output)
    parts = {"the page": size.page, "onnxruntime, for graphs of other software": size.onnxruntime, **size.models}
    lines = [f"{megabytes(part):>9}  {name}" for name, part in parts.items() if part]
    values: dict[str, Any] = {"folder": str(output), "bytes": size.total, "page": size.page}
    values |= {"onnxruntime": size.onnxruntime, "models": size.models}
    look = f"Put the folder on any web server, or look at it here: python -m http.server --directory {output}"
    return Result(values, "\n".join([f"{output}: a site of {megabytes(size.total)}", *lines, look]))


def _zip(folder: Path, output: Path, *, training: bool) -> Result:
    summary, parcel = read_checkpoint(folder), checkpoint_parcel(folder, training=training)
    parcel.write_zip(output, summary.name)
    text = f"{output}: {len(parcel.files)} files, {megabytes(output.stat().st_size)}"
    return Result({"files": [str(output)], "bytes": output.stat().st_size}, text)


def _hub(folder: Path, output: Path) -> Result:
    parcel = hub_parcel(folder)
    parcel.write_folder(output)
    paths = [str(output / name) for name in parcel.files]
    text = (
        f"{output}: {len(paths)} files, {megabytes(parcel.size)}. Fill in licence and data set at the top of its "
        f"README.md, then push it: hf upload OWNER/NAME {output} (or in one go: python -m vae_core push)"
    )
    return Result({"files": paths, "bytes": parcel.size}, text)


def _onnx(folder: Path, output: Path) -> Result:
    checkpoint = load_checkpoint(folder)
    paths = export_onnx(checkpoint.model, output, checkpoint.summary.data.class_names)
    return _listed(paths, left_behind(checkpoint.model.config))


def _explorer(folder: Path, output: Path) -> Result:
    summary = read_checkpoint(folder)
    if summary.explorer_manifest is None:
        raise UserError(f"{summary.path} has no map yet: make it with python -m vae_core project.")
    return _listed(sorted(copy_explorer(summary.explorer_manifest.parent, output).iterdir()))


def _listed(paths: list[Path], notes: Sequence[str] = ()) -> Result:
    files = [str(path) for path in paths]
    return Result({"files": files, "notes": list(notes)} if notes else {"files": files}, "\n".join([*files, *notes]))

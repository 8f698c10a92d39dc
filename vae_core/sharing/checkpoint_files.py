"""A checkpoint as it leaves this machine: its files alone, and for the Hugging Face hub with a card to be filled in."""

import json
import os
from contextlib import suppress
from pathlib import Path, PurePath

from vae_core.checkpoint.about import ABOUT_FILE
from vae_core.checkpoint.card import card_text
from vae_core.checkpoint.layout import (
    CARD_FILE,
    CONFIG_FILE,
    DECODER_FILE,
    ENCODER_FILE,
    EXPLORER_FOLDER,
    LOCK_FILE,
    LOG_FILE,
    MANIFEST_FILE,
    METRICS_FILE,
    ORDER_FILE,
    PRIOR_FILE,
    REQUEST_FILE,
    RESERVE_FILE,
    RUN_FOLDER,
    SAMPLES_FILE,
    WEIGHTS_FILE,
    CheckpointSummary,
    read_checkpoint,
)
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.errors import CheckpointError, ConfigError
from vae_core.explorer_files.explorer_folder import read_manifest
from vae_core.files import read_small
from vae_core.json_files import LARGEST_JSON, parse_json
from vae_core.runs.doctor import sentence_on
from vae_core.sharing.parcel import Parcel, Source, megabytes
from vae_core.sharing.static_site import NotBuiltError, site_size

PARTS = (
    WEIGHTS_FILE,
    DECODER_FILE,
    ENCODER_FILE,
    PRIOR_FILE,
    METRICS_FILE,
    CARD_FILE,
    ABOUT_FILE,
    SAMPLES_FILE,
)
# Of a run, what means something to the process alone that trains, and what may name its places.
OF_THIS_MACHINE = {path.as_posix() for path in (LOCK_FILE, ORDER_FILE, RESERVE_FILE, LOG_FILE)}
TAGS = ("variational-autoencoder", "vae", "latent-space", "safetensors")
# The licence and the data set's name on the hub are known to whoever publishes, and to nobody else.
LIBRARY = "latent-explorer"
FRONT_MATTER = f"""---
library_name: {LIBRARY}
pipeline_tag: unconditional-image-generation
tags: [{{tags}}]
{{rest}}---

"""
TO_FILL_IN = "# Fill these in, without the mark before them:\n"
LICENCE_TO_FILL_IN = "# license: the licence that you give this model, say mit\n"
DATA_SET_TO_FILL_IN = "# datasets:\n# - the data set's name on the hub, owner/name\n"


def checkpoint_parcel(folder: str | Path, *, training: bool = False) -> Parcel:
    """What a checkpoint is made of, and nothing that tells where on this machine somebody's images lay.

    What its run needs to go on is among it only where `training` asks for it.

    Raises:
        CheckpointError: it is no checkpoint, its explorer files are damaged, or a link stands for one of its files.
    """
    summary = read_checkpoint(folder)
    found = {name: summary.path / name for name in PARTS}
    if summary.explorer_manifest is not None:
        names = (MANIFEST_FILE, *(file.path for _, file in read_manifest(summary.explorer_manifest.parent).files))
        found |= {f"{EXPLORER_FOLDER}/{name}": summary.path / EXPLORER_FOLDER / name for name in names}
    if training:
        found |= _files_of_the_run(summary.path)
    files: dict[str, Source] = {CONFIG_FILE: _without_places(summary.path / CONFIG_FILE)}
    for name, path in sorted(found.items()):
        if path.is_symlink():
            raise CheckpointError(f"{path}: is a link; what is given away holds its files itself.")
        if name == REQUEST_FILE.as_posix():
            files[name] = _without_places(path)
        elif path.is_file():
            files[name] = path
    return Parcel(files)


def _files_of_the_run(root: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for place, folders, names in os.walk(root / RUN_FOLDER):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = [Path(place) / name for name in names if not name.startswith(".")]
        found |= {path.relative_to(root).as_posix(): path for path in paths}
    return {name: path for name, path in found.items() if name not in OF_THIS_MACHINE}


def _without_places(path: Path) -> bytes:
    """A record of settings as it is, but that images of somebody's own are called by their own name."""
    try:
        content = read_small(path, LARGEST_JSON)
        record = parse_json(content)
        own = str(record["training"]["data"])
    except (ConfigError, OSError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: cannot be read ({error}).") from None
    if own in CATALOGUE or (PurePath(own).name == own and not record.get("data_dir")):
        return content
    record["training"]["data"] = own if own in CATALOGUE else PurePath(own).name or "images"
    if "data_dir" in record:
        record["data_dir"] = None
    return (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode()


def hub_parcel(
    folder: str | Path, *, repository: str = "OWNER/NAME", licence: str | None = None, dataset: str | None = None
) -> Parcel:
    """A checkpoint's files with a card for the Hugging Face hub; licence and data set, unless given, left to fill in.

    Raises:
        CheckpointError: as for `checkpoint_parcel`.
    """
    summary = read_checkpoint(folder)
    files: dict[str, Source] = dict(checkpoint_parcel(folder).files)
    tags = ", ".join([*TAGS, *(["onnx"] if summary.explorer_manifest else [])])
    front_matter = FRONT_MATTER.format(tags=tags, rest=_licence_and_data(licence, dataset))
    files[CARD_FILE] = (
        f"{front_matter}{card_text(summary, sentence_on(summary.path))}\n{_how_to_use(summary, repository)}".encode()
    )
    return Parcel(files)


def _licence_and_data(licence: str | None, dataset: str | None) -> str:
    known = (f"license: {licence}\n" if licence else "") + (f"datasets:\n- {dataset}\n" if dataset else "")
    unknown = ("" if licence else LICENCE_TO_FILL_IN) + ("" if dataset else DATA_SET_TO_FILL_IN)
    return known + (TO_FILL_IN + unknown if unknown else "")


def _how_to_use(summary: CheckpointSummary, repository: str) -> str:
    name = summary.name
    lines = [
        "## Open it",
        "",
        f"Download this folder as `checkpoints/{name}` of Latent Explorer, and its pages list it:",
        "",
        "```",
        f"hf download {repository} --local-dir checkpoints/{name}",
        "```",
        "",
    ]
    if summary.explorer_manifest is not None:
        with suppress(NotBuiltError):  # then nothing is known of a site
            lines += [_site_words(summary), ""]
    return "\n".join(lines)


def _site_words(summary: CheckpointSummary) -> str:
    size = site_size([summary.path])
    return (
        f"`python -m vae_core export checkpoints/{summary.name} --format site --output site` makes a site of it, "
        f"{megabytes(size.total)}, of which {megabytes(size.models[summary.name])} are the model's."
    )

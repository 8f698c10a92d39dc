"""A checkpoint as it leaves this machine: its files alone, and for the Hugging Face hub with a card to be filled in."""

import os
from contextlib import suppress
from pathlib import Path, PurePath

from vae_core.checkpoint.card import card_text
from vae_core.checkpoint.layout import (
    CARD_FILE,
    LOCK_FILE,
    ORDER_FILE,
    RESERVE_FILE,
    RUN_FOLDER,
    CheckpointSummary,
    read_checkpoint,
)
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.errors import CheckpointError
from vae_core.sharing.parcel import Parcel, Source, megabytes
from vae_core.sharing.static_site import NotBuiltError, site_size

# Of a run, what means something to the process alone that trains.
OF_THE_PROCESS = {str(path) for path in (LOCK_FILE, ORDER_FILE, RESERVE_FILE)}
TAGS = ("variational-autoencoder", "vae", "latent-space", "safetensors")
# The licence and the data set's name on the hub are known to whoever publishes, and to nobody else.
FRONT_MATTER = """---
library_name: latent-explorer
pipeline_tag: unconditional-image-generation
tags: [{tags}]
# Fill these in, without the mark before them:
# license: the licence that you give this model, say mit
# datasets:
# - the data set's name on the hub, owner/name
---

"""


def checkpoint_parcel(folder: str | Path, *, training: bool = False) -> Parcel:
    """All files of a checkpoint; what its run needs to go on only where `training` asks for it.

    Raises:
        CheckpointError: it is no checkpoint, or a link in it leads elsewhere.
    """
    summary = read_checkpoint(folder)
    root = summary.path
    left_out = set() if training else {root / RUN_FOLDER}
    found: dict[str, Path] = {}
    for place, folders, names in os.walk(root):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and here / name not in left_out)
        for name in [*folders, *names]:
            if (here / name).is_symlink():
                raise CheckpointError(f"{here / name}: is a link; what is given away holds its files itself.")
        paths = (here / name for name in names if not name.startswith("."))
        found |= {path.relative_to(root).as_posix(): path for path in paths if path.is_file()}
    return Parcel({name: found[name] for name in sorted(found) if name not in OF_THE_PROCESS})


def told_place(summary: CheckpointSummary) -> str | None:
    """The place on this machine that a checkpoint's settings name, where the images lay; None where they name none."""
    data = summary.training.data
    return data if data not in CATALOGUE and PurePath(data).is_absolute() else None


def hub_parcel(folder: str | Path) -> Parcel:
    """A checkpoint's files with a card for the Hugging Face hub, its licence and data set left to be filled in.

    Raises:
        CheckpointError: as for `checkpoint_parcel`.
    """
    summary = read_checkpoint(folder)
    files: dict[str, Source] = dict(checkpoint_parcel(folder).files)
    front_matter = FRONT_MATTER.format(tags=", ".join([*TAGS, *(["onnx"] if summary.explorer_manifest else [])]))
    files[CARD_FILE] = f"{front_matter}{card_text(summary)}\n{_how_to_use(summary)}".encode()
    return Parcel(files)


def _how_to_use(summary: CheckpointSummary) -> str:
    name = summary.name
    lines = [
        "## Open it",
        "",
        f"Download this folder as `checkpoints/{name}` of Latent Explorer, and its pages list it:",
        "",
        "```",
        f"hf download OWNER/NAME --local-dir checkpoints/{name}",
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

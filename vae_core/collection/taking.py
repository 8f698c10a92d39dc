"""A model that somebody brings becomes one among the others, under a title, with its card, its samples and its map."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from vae_core.asked import tell
from vae_core.checkpoint.about import LONGEST_TITLE, About, write_about
from vae_core.checkpoint.layout import checkpoints_root
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.collection.bringing import Wish
from vae_core.errors import UserError
from vae_core.films.samples import keep_samples
from vae_core.imports.importing import import_model
from vae_core.runs.control import folder_name

MOST_OF_A_NAME = 10_000


def take(wish: Wish) -> dict[str, Any]:
    """The model among the others, under a title, with its map where it has images or none are needed.

    Raises:
        UserError: it cannot be taken, or its images can't be read.
    """
    title = (wish.title or "").strip()
    folder = _new_folder(folder_name(title))
    data, crop = wish.images.data, wish.images.crop
    summary = import_model(wish.source, folder, said=wish.said, data=data, crop=crop, called=wish.called, progress=tell)
    way = "a checkpoint of Latent Explorer" if summary.origin is None else summary.origin.way
    told = title[:LONGEST_TITLE] if title != folder.name else ""
    notes = summary.about.notes
    about = About(title=told, notes=notes, origin="imported", way=way[:LONGEST_TITLE], made_at=time.time())
    write_about(folder, about)
    with suppress(UserError):  # without samples its card is there all the same
        keep_samples(load_checkpoint(folder))
    return {"name": folder.name}


def _new_folder(name: str) -> Path:
    root = checkpoints_root()
    root.mkdir(parents=True, exist_ok=True)
    names = (name if number == 1 else f"{name}-{number}" for number in range(1, MOST_OF_A_NAME))
    return next(root / each for each in names if not os.path.lexists(root / each))

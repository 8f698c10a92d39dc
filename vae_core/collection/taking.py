"""A model that somebody brings becomes one among the others, under a title, with its card, its samples and its map."""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from vae_core.asked import tell
from vae_core.checkpoint.about import LONGEST_TITLE, About, write_about
from vae_core.checkpoint.card import write_card
from vae_core.checkpoint.layout import checkpoints_root
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.collection.bringing import Wish
from vae_core.errors import UserError
from vae_core.files import replacing_folder
from vae_core.films.samples import keep_samples
from vae_core.imports.importing import import_model
from vae_core.runs.control import folder_name
from vae_core.runs.doctor import sentence_on
from vae_core.runs.queue import all_runs

MOST_OF_A_NAME = 10_000


def take(wish: Wish) -> dict[str, Any]:
    """The model among the others, under a title, with its map where it has images or none are needed.

    It is made in the wish's own folder: what is among the others meanwhile, whoever has put it there, stays.

    Raises:
        UserError: it cannot be taken, or its images can't be read.
    """
    title = (wish.title or "").strip()
    made = Path(wish.work) / "made" / folder_name(title)
    data, crop = wish.images.data, wish.images.crop
    summary = import_model(wish.source, made, said=wish.said, data=data, crop=crop, called=wish.called, progress=tell)
    way = "a checkpoint of Latent Explorer" if summary.origin is None else summary.origin.way
    with suppress(UserError):  # without samples its card is there all the same
        keep_samples(load_checkpoint(made))
    notes, way = summary.about.notes, way[:LONGEST_TITLE]
    about = About(title=title[:LONGEST_TITLE], notes=notes, origin="imported", way=way, made_at=time.time())
    return {"name": _put_among_the_others(made, about).name}


def _put_among_the_others(made: Path, about: About) -> Path:
    """Under the first name that is free, which nobody else can take meanwhile."""
    root = checkpoints_root()
    root.mkdir(parents=True, exist_ok=True)
    with all_runs(root):
        for number in range(1, MOST_OF_A_NAME):
            folder = root / (made.name if number == 1 else f"{made.name}-{number}")
            if os.path.lexists(folder):
                continue
            try:
                with replacing_folder(folder, is_new=True) as temporary:
                    shutil.copytree(made, temporary, dirs_exist_ok=True)
                    write_about(temporary, about.model_copy(update={"title": _unless_its_name(about.title, folder)}))
                    write_card(temporary, name=folder.name, to_know=sentence_on(temporary))
            except FileExistsError:  # of somebody who knows no locks
                continue
            shutil.rmtree(made, ignore_errors=True)
            return folder
    raise UserError(f"There are {MOST_OF_A_NAME:,} models called {made.name} already: give this one another name.")


def _unless_its_name(title: str, folder: Path) -> str:
    return "" if title == folder.name else title

"""`python -m vae_core.collection.bringer`: looks at a model that comes from elsewhere, or takes it, for the page.

What to do is one line of JSON on the standard input, a `Wish`. Steps go out as lines of JSON; then `{"problem": …}`, or
of a look `{"found": …, "path": …, "called": …, "images_problem": …}`, or of a model that was taken `{"name": …}`. It
ends with its input. What strangers wrote is opened by yet another process: see `vae_core.imports.examiner`.
"""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from vae_core.asked import tell
from vae_core.checkpoint.about import LONGEST_TITLE, About, write_about
from vae_core.checkpoint.layout import checkpoints_root
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.collection.bringing import GRAPHS, Wish, picture_of
from vae_core.data.dataset import Dataset
from vae_core.errors import DatasetError, UserError
from vae_core.files import write_bytes
from vae_core.films.samples import keep_samples
from vae_core.imports.description import Found
from vae_core.imports.hub import fetched, is_repository
from vae_core.imports.importing import STAGE, import_model
from vae_core.imports.look import look
from vae_core.imports.mapped import images_of
from vae_core.imports.previews import preview, previews
from vae_core.progress import Progress
from vae_core.runs.control import folder_name
from vae_core.runs.errand import do_errand

MOST_OF_A_NAME = 10_000


def look_at(wish: Wish) -> dict[str, Any]:
    """What a model is, with pictures of it in the wish's folder.

    Raises:
        UserError: it is no model that can be taken.
    """
    work = Path(wish.work)
    comes_from_afar = is_repository(wish.source)
    path = fetched(wish.source, work.parent, tell) if comes_from_afar else Path(wish.source).absolute()
    tell(Progress(STAGE, 0, 1))
    found = look(path, work / GRAPHS, wish.said)
    images, problem = None, None
    try:
        images = images_of(wish.images.data, found, None, wish.images.crop, tell)
    except DatasetError as error:
        problem = str(error)
    _draw(found, work, images)
    called = wish.source if comes_from_afar else None
    return {"found": found.model_dump(mode="json"), "path": str(path), "called": called, "images_problem": problem}


def _draw(found: Found, work: Path, images: Dataset | None) -> None:
    write_bytes(picture_of(work), preview(found, work / GRAPHS, images))
    for question in found.questions:
        for answer, content in previews(found, question, work / GRAPHS, images).items():
            write_bytes(picture_of(work, question, answer), content)


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
    write_about(folder, About(title=told, origin="imported", way=way[:LONGEST_TITLE], made_at=time.time()))
    with suppress(UserError):  # without samples its card is there all the same
        keep_samples(load_checkpoint(folder))
    return {"name": folder.name}


def _new_folder(name: str) -> Path:
    root = checkpoints_root()
    root.mkdir(parents=True, exist_ok=True)
    names = (name if number == 1 else f"{name}-{number}" for number in range(1, MOST_OF_A_NAME))
    return next(root / each for each in names if not os.path.lexists(root / each))


def _errand(line: str) -> dict[str, Any]:
    wish = Wish.model_validate_json(line)
    return look_at(wish) if wish.title is None else take(wish)


if __name__ == "__main__":
    do_errand(_errand)

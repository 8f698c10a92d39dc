"""`python -m vae_core.collection.bringer`: looks at a model that comes from elsewhere, or takes it, for the page.

What to do is one line of JSON on the standard input, a `Wish`. Steps go out as lines of JSON; then `{"problem": …}`, or
of a look `{"found": …, "path": …, "called": …, "images_problem": …}`, or of a model that was taken `{"name": …}`. It
ends with its input. What strangers wrote is opened by yet another process: see `vae_core.imports.examiner`.
"""

from pathlib import Path
from typing import Any

from vae_core.asked import tell
from vae_core.collection.bringing import GRAPHS, Wish
from vae_core.imports.hub import fetched, is_repository
from vae_core.imports.model_look import STAGE, Looking
from vae_core.progress import Progress
from vae_core.runs.errand import do_errand


def look_at(wish: Wish) -> dict[str, Any]:
    """What a model is, with pictures of it in the wish's folder.

    Raises:
        UserError: it is no model that can be taken.
    """
    work = Path(wish.work)
    path, called = _path_of(wish)
    tell(Progress(STAGE, 0, 1))
    with Looking(path, work / GRAPHS, wish.said) as looking:
        # Torch is loaded here while the other process loads it too.
        from vae_core.collection.sights import draw_sights

        found = looking.found()
    problem = draw_sights(found, work, wish.images)
    return {"found": found.model_dump(mode="json"), "path": str(path), "called": called, "images_problem": problem}


def _path_of(wish: Wish) -> tuple[Path, str | None]:
    """Where the model lies, and what it is called where that is nowhere that lasts."""
    if not is_repository(wish.source):
        return Path(wish.source).absolute(), None
    return fetched(wish.source, Path(wish.work).parent, tell), wish.source


def _errand(line: str) -> dict[str, Any]:
    wish = Wish.model_validate_json(line)
    if wish.title is None:
        return look_at(wish)
    from vae_core.collection.taking import take  # what draws a map takes seconds to load

    return take(wish)


if __name__ == "__main__":
    do_errand(_errand)

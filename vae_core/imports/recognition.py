"""What a model that was handed in is: one way after the other is asked, from the surest to the vaguest."""

from pathlib import Path, PurePosixPath

from vae_core.data.files.intake import own_name
from vae_core.errors import ImportingError, shortened
from vae_core.imports.beside import description_beside, images_beside
from vae_core.imports.bridge import bridge
from vae_core.imports.description import Description, Found
from vae_core.imports.handed_in import HandedIn, open_files
from vae_core.imports.known_networks import draft_of_weights
from vae_core.imports.onnx_files import draft_of_onnx
from vae_core.imports.ours import found_of_ours
from vae_core.imports.pythae_folder import draft_of_pythae
from vae_core.imports.refusals import refuse_pictures, refuse_unopened
from vae_core.imports.settling import settle

WAYS = (draft_of_pythae, draft_of_onnx, draft_of_weights)


def examine(source: Path, said: Description, work: Path) -> Found:
    """What lies at `source`, with what a person says of it; what is kept of it is written into `work`.

    Raises:
        ImportingError: it is no model that can be taken; the message says why and what to do.
    """
    if not source.exists():
        raise ImportingError(f"{own_name(source)}: there is no such file or folder.")
    with open_files(source) as files:
        if not files.names:
            raise ImportingError(f"{files.title}: it holds no files that can be read.{_why(files)}")
        ours = found_of_ours(files, work)
        if ours is not None:
            return ours
        described, notes = description_beside(files)
        for way in WAYS:
            draft = way(files, described)
            if draft is not None:
                found = settle(draft, said, work)
                return found.model_copy(update={**images_beside(files, work), "notes": (*notes, *found.notes)})
        refuse_unopened(files)
        refuse_pictures(files)
        shown = ", ".join(shortened(PurePosixPath(name).name) for name in files.names[:5])
        raise ImportingError(
            f"{files.title}: nothing in it is a model that is known here ({shown}).{_why(files)} {bridge()}"
        )


def _why(files: HandedIn) -> str:
    """The first file that was left out, with the reason."""
    return next((f" Left out: {shortened(name)}: {reason}" for name, reason in files.skipped.items()), "")

"""What a model that was handed in is: one way after the other is asked, from the surest to the vaguest."""

from pathlib import Path, PurePosixPath

from vae_core.data.files.intake import own_name
from vae_core.errors import ImportingError, shortened
from vae_core.files import write_bytes
from vae_core.imports.bridge import bridge
from vae_core.imports.description import Description, Found
from vae_core.imports.handed_in import HandedIn, open_files
from vae_core.imports.known_networks import draft_of_weights
from vae_core.imports.onnx_files import draft_of_onnx
from vae_core.imports.ours import found_of_ours
from vae_core.imports.pythae_folder import draft_of_pythae
from vae_core.imports.refusals import refuse_unopened
from vae_core.imports.settling import settle

IMAGES, LATENTS_FILE = "images", "latents.npy"
IMAGE_FILES = ("images.zip", "images.npz", "images.npy")
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
        for way in WAYS:
            draft = way(files)
            if draft is not None:
                found = settle(draft, said, work)
                return found.model_copy(update=_beside(files, work))
        refuse_unopened(files)
        shown = ", ".join(shortened(PurePosixPath(name).name) for name in files.names[:5])
        raise ImportingError(
            f"{files.title}: nothing in it is a model that is known here ({shown}).{_why(files)} {bridge()}"
        )


def _why(files: HandedIn) -> str:
    """The first file that was left out, with the reason."""
    return next((f" Left out: {shortened(name)}: {reason}" for name, reason in files.skipped.items()), "")


def _beside(files: HandedIn, work: Path) -> dict[str, str]:
    """Images and latents that lie beside a model; out of an archive they are copied."""
    found: dict[str, str] = {}
    names = [name for name in files.names if name in IMAGE_FILES or name == LATENTS_FILE]
    folder = [name for name in files.names if name.startswith(f"{IMAGES}/")]
    if files.path.is_dir():
        base = files.path / files.root
        found |= {_role(name): str(base / name) for name in names}
        if folder:
            found["images"] = str(base / IMAGES)
        return found
    for name in names:
        write_bytes(work / name, files.read(name))
        found[_role(name)] = str(work / name)
    for name in folder:
        if all(part not in ("", ".", "..") for part in name.split("/")):
            write_bytes(work / "handed in" / name, files.read(name))
            found["images"] = str(work / "handed in" / IMAGES)
    return found


def _role(name: str) -> str:
    return "latents" if name == LATENTS_FILE else "images"

"""What lies beside a model's own files: `model.json`, which says what these leave open, images, and latents."""

from pathlib import Path

from vae_core.errors import ConfigError, ImportingError, shortened
from vae_core.files import write_bytes
from vae_core.imports.description import Description
from vae_core.imports.handed_in import HandedIn

DESCRIPTION_FILE = "model.json"
IMAGES, LATENTS_FILE = "images", "latents.npy"
IMAGE_FILES = ("images.zip", "images.npz", "images.npy")
KEYS_SHOWN = 5


def description_beside(files: HandedIn) -> tuple[Description, tuple[str, ...]]:
    """What the uppermost `model.json` of ours says; or notes on those of other software, which are left aside.

    Raises:
        ImportingError: it says what nobody understands.
    """
    notes = []
    for name in files.called(DESCRIPTION_FILE):
        content = files.read_json(name)
        if content is None:
            notes.append(f"{shortened(name)} was left aside: it is no description of a model.")
        elif not _is_ours(content):
            keys = ", ".join(map(shortened, _unknown(content)[:KEYS_SHOWN]))
            notes.append(f"{shortened(name)} was left aside as another software's: it says {keys}.")
        else:
            try:
                return Description.parse(content), ()
            except ConfigError as error:
                raise ImportingError(f"{shortened(name)}: {error}") from None
    return Description(), tuple(notes)


def _unknown(content: dict[str, object]) -> list[str]:
    return [key for key in content if key not in Description.model_fields]


def _is_ours(content: dict[str, object]) -> bool:
    """Whether most of it is known, so that what is not is a slip: others call a thing or two as we do."""
    return 2 * len(_unknown(content)) <= len(content)


def images_beside(files: HandedIn, work: Path) -> dict[str, str]:
    """Where images and latents lie that came with a model; out of an archive they are copied into `work`."""
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

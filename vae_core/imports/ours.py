"""A checkpoint of ours that was handed in, of this version or an older one, with or without its map."""

from pathlib import Path, PurePosixPath

from vae_core.checkpoint.about import ABOUT_FILE, About, read_about, write_about
from vae_core.checkpoint.layout import (
    CARD_FILE,
    CONFIG_FILE,
    DECODER_FILE,
    ENCODER_FILE,
    EXPLORER_FOLDER,
    METRICS_FILE,
    PRIOR_FILE,
    WEIGHTS_FILE,
    CheckpointSummary,
    is_plain_name,
)
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.errors import ImportingError, UserError
from vae_core.explorer_files.explorer_folder import check_contents
from vae_core.files import write_bytes
from vae_core.imports.description import Found
from vae_core.imports.handed_in import HandedIn

KEPT = (CONFIG_FILE, WEIGHTS_FILE, DECODER_FILE, ENCODER_FILE, PRIOR_FILE, METRICS_FILE, ABOUT_FILE, CARD_FILE)


def found_of_ours(files: HandedIn, work: Path) -> Found | None:
    """A checkpoint among these files, copied into `work` and checked whole; None where there is none.

    Raises:
        ImportingError: it is damaged, or there are several.
    """
    root = _root(files)
    if root is None:
        return None
    title = PurePosixPath(root).name or files.title
    folder = work / "checkpoint" / (title if is_plain_name(title) else "model")
    for name in KEPT:
        if root + name in files.names:
            write_bytes(folder / name, files.read(root + name))
    explorer = f"{root}{EXPLORER_FOLDER}/"
    parts = [name for name in files.names if name.startswith(explorer) and is_plain_name(name[len(explorer) :])]
    for name in parts:
        write_bytes(folder / EXPLORER_FOLDER / name[len(explorer) :], files.read(name))
    _keep_words(folder)
    summary = _checked(files.title, folder, with_map=bool(parts))
    model, origin = summary.model, summary.origin
    return Found(
        way="a checkpoint of Latent Explorer",
        title=summary.about.title or title,
        latent_shape=(model.latent_dim,),
        image_size=model.image_size,
        channels=model.channels,
        encoder="mean and variance" if origin is None else origin.encoder,
        likelihood=model.likelihood,
        class_names=summary.data.class_names,
        folder=str(folder),
        notes=() if parts else ("It has no map yet.",),
    )


def _keep_words(folder: Path) -> None:
    """Of what was said of it, the title and the notes hold here too; words that can't be read are none."""
    about, _ = read_about(folder)
    (folder / ABOUT_FILE).unlink(missing_ok=True)
    if about.title or about.notes:
        write_about(folder, About(title=about.title, notes=about.notes))


def _checked(title: str, folder: Path, *, with_map: bool) -> CheckpointSummary:
    try:
        summary = load_checkpoint(folder).summary
        if with_map:
            check_contents(folder / EXPLORER_FOLDER)
    except UserError as error:
        whose = "its map: " if str(folder / EXPLORER_FOLDER) in str(error) else ""
        raise ImportingError(f"{title}: {whose}{_without(folder, error)}") from None
    return summary


def _root(files: HandedIn) -> str | None:
    """The uppermost folder with settings and a model of ours beside them, `/` at the end.

    Raises ImportingError where there are several, none of which lies in another.
    """
    found: list[str] = []
    settings = sorted(
        (name for name in files.names if PurePosixPath(name).name == CONFIG_FILE), key=lambda name: name.count("/")
    )
    for name in settings:
        root = name.removesuffix(CONFIG_FILE)
        if root + WEIGHTS_FILE not in files.names and root + DECODER_FILE not in files.names:
            continue
        if any(root.startswith(above) for above in found):
            continue
        content = files.read_json(name) or {}
        if {"format", "model", "training", "data"} <= set(content):
            found.append(root)
    files.refuse_several([root + CONFIG_FILE for root in found], "models of Latent Explorer")
    return next(iter(found), None)


def _without(folder: Path, error: UserError) -> str:
    """The sentence without the folder that is gone when it is read."""
    return str(error).replace(f"{folder}/", "").replace(str(folder), "the checkpoint")

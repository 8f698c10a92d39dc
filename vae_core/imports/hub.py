"""A model's files from a Hugging Face repository, with limits on what is fetched."""

import os
import re
from pathlib import Path

import huggingface_hub
from huggingface_hub.errors import RepositoryNotFoundError
from huggingface_hub.utils import disable_progress_bars, filter_repo_objects

from vae_core.checkpoint.layout import CARD_FILE, EXPLORER_FOLDER
from vae_core.data.files.intake import MIB
from vae_core.errors import ImportingError
from vae_core.explorer_files.manifest_files import SUFFIXES
from vae_core.progress import Progress, ProgressListener, silent

LARGEST_REPOSITORY = 2048 * MIB  # of what is taken of it
# What the ways of recognising a model read; nothing else is fetched.
WANTED = [f"*.{suffix}" for suffix in ("json", "onnx", "pt", "pth", "ckpt", "safetensors", "bin", "npy", "npz")]
WANTED += ["*.pth.tar", CARD_FILE]
WANTED += [*(f"{EXPLORER_FOLDER}/*.{suffix}" for suffix in SUFFIXES), "images.zip", "images/*"]
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
STAGE = "Fetching from Hugging Face"


def is_repository(source: str | Path) -> bool:
    """Whether this is `owner/name` and no path of this machine."""
    return isinstance(source, str) and _REPOSITORY.fullmatch(source) is not None and not Path(source).exists()


def fetched(repository: str, work: Path, progress: ProgressListener = silent) -> Path:
    """The folder in `work` that a repository's files were put into.

    Raises:
        ImportingError: there is no such repository, it is too large, or the hub can't be reached.
    """
    progress(Progress(STAGE, 0, 1))
    disable_progress_bars()  # whoever listens shows one of their own
    try:
        folder = _download(repository, work)
    except ImportingError:
        raise
    except RepositoryNotFoundError:
        raise ImportingError(
            f"{repository}: there is no such file or folder here, and no such repository on Hugging Face, or it is not "
            "open."
        ) from None
    except Exception as error:  # whatever the hub's own client, and what it stands on, raises
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ImportingError(
            f"{repository}: there is no such file or folder here, and from Hugging Face it cannot be fetched "
            f"({first}). Download its files and hand in these."
        ) from None
    progress(Progress(STAGE, 1, 1))
    return folder


def _download(repository: str, work: Path) -> Path:
    endpoint = os.environ.get("HF_ENDPOINT") or None
    about = huggingface_hub.HfApi(endpoint=endpoint).model_info(repository, files_metadata=True)
    wanted = filter_repo_objects(about.siblings or [], allow_patterns=WANTED, key=lambda file: file.rfilename)
    total = sum(file.size or 0 for file in wanted)
    if total > LARGEST_REPOSITORY:
        raise ImportingError(
            f"{repository}: it has {total / MIB:,.0f} MiB of models, more than the limit of "
            f"{LARGEST_REPOSITORY // MIB:,} MiB."
        )
    folder = work / "repository" / repository.split("/")[1]
    huggingface_hub.snapshot_download(
        repository,
        revision=about.sha,
        local_dir=folder,
        allow_patterns=WANTED,
        endpoint=endpoint,
        cache_dir=work / "cache",
        max_workers=2,
    )
    return folder

"""`python -m vae_core.sharing.pushing`: pushes a model to a repository of the Hugging Face hub, for the page.

What to push is one line of JSON on the standard input, a `Publication`. Steps go out as lines of JSON, then
`{"address": …}` or `{"problem": …}`. It ends with its input.
"""

import os
import sys
import threading

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, ModelInfo
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.utils import disable_progress_bars

from vae_core.asked import end_with_input, say, tell
from vae_core.checkpoint.layout import CARD_FILE, EXPLORER_FOLDER
from vae_core.errors import SharingError, UserError
from vae_core.progress import Progress, ProgressListener, silent
from vae_core.sharing.checkpoint_files import LIBRARY, hub_parcel
from vae_core.sharing.parcel import size_of
from vae_core.sharing.publication import Publication

NOT_OURS = {".gitattributes", CARD_FILE, "LICENSE"}  # what a repository may hold before a model is in it
FORBIDDEN = (401, 403)
STAGE = "Uploading"
LONGEST_REASON = 300  # characters


def push(wish: Publication, progress: ProgressListener = silent) -> str:
    """The address of the repository that holds a model now.

    A card that it had already stays as its owner has filled it in; files of an older map are removed.

    Raises:
        CheckpointError: as for `hub_parcel`.
        SharingError: the token does not open the repository, it holds something else, or the hub can't be reached.
    """
    parcel = hub_parcel(wish.folder, repository=wish.repository, licence=wish.licence, dataset=wish.dataset)
    progress(Progress(STAGE, 0, parcel.size))
    disable_progress_bars()  # whoever listens shows one of their own
    hub = HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None, token=wish.token)
    try:
        there = _names_there(hub, wish)
        files = {name: source for name, source in parcel.files.items() if not (name == CARD_FILE and name in there)}
        if not there:
            hub.create_repo(wish.repository, private=not wish.public, exist_ok=True)
        additions, done = [], 0
        for name, source in files.items():
            addition = CommitOperationAdd(name, source)
            hub.preupload_lfs_files(wish.repository, [addition])
            additions.append(addition)
            progress(Progress(STAGE, done := done + size_of(source), parcel.size))
        old = sorted(name for name in there - set(files) if name.startswith(f"{EXPLORER_FOLDER}/"))
        operations = [*additions, *(CommitOperationDelete(name) for name in old)]
        hub.create_commit(wish.repository, operations, commit_message="A VAE, with its map")
    except SharingError:
        raise
    except Exception as error:  # whatever the hub's own client, and what it stands on, raises
        raise _in_words(wish, error) from None
    progress(Progress(STAGE, parcel.size, parcel.size))
    return f"{hub.endpoint}/{wish.repository}"


def _names_there(hub: HfApi, wish: Publication) -> set[str]:
    """The files of a repository that is there already.

    Raises:
        SharingError: they are no model of this software.
    """
    try:
        about: ModelInfo = hub.model_info(wish.repository)
    except RepositoryNotFoundError:
        return set()
    names = {file.rfilename for file in about.siblings or ()}
    if names - NOT_OURS and about.library_name != LIBRARY:
        raise SharingError(f"{wish.repository}: holds something else, which is left alone; name a new repository.")
    return names


def _in_words(wish: Publication, error: Exception) -> SharingError:
    status = error.response.status_code if isinstance(error, HfHubHTTPError) and error.response is not None else None
    if status in FORBIDDEN or type(error).__name__ == "LocalTokenNotFoundError":
        return SharingError(
            f"{wish.repository}: the hub does not let this token write there. Make one with the right to write in the "
            "settings of your account, and name a repository of your own."
        )
    told = [str(each) or type(each).__name__ for each in (error, error.__cause__) if each is not None]
    reason = " ".join(" ".join(told).split())[:LONGEST_REASON]
    return SharingError(f"{wish.repository}: the model could not be pushed ({reason}). Nothing of it is there yet.")


def main() -> None:
    """Do what the first line of the input asks for."""
    wish = Publication.model_validate_json(sys.stdin.readline())
    threading.Thread(target=end_with_input, daemon=True).start()
    try:
        answer = {"address": push(wish, tell)}
    except (UserError, OSError) as error:
        answer = {"problem": str(error)}
    say(answer)


if __name__ == "__main__":
    main()

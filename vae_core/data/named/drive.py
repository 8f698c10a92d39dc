"""Files of Google Drive, fetched by the package gdown in a process of its own, which can be ended at any time."""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from vae_core.data.named.answers import PULSE
from vae_core.data.named.download_errors import CHECK_ONLINE, LATER, NetworkError, writing
from vae_core.data.named.fetching import SILENCE, Hear, RemoteFile
from vae_core.data.named.part_files import PartFile, has_md5, size_of
from vae_core.errors import shortened


def fetch_from_drive(file: RemoteFile, folder: Path, hear: Hear, lock: int, timeout: float = SILENCE) -> None:
    """As `fetching.fetch`; gdown keeps the part under a name of its own beside the file, and goes on with it.

    The process holds the descriptor `lock` too: should it outlive this one, nobody writes beside it.
    """
    target = folder / file.path
    if has_md5(target, file.md5, hear):
        return
    part = PartFile(target)
    with writing(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    if not part.path.exists():
        _run_gdown(file.urls[0], part.path, hear, lock, timeout)
    if not part.become_whole(file.md5, hear):
        words = f"{target.name} from Google Drive has not the checksum that it should have, and was removed"
        raise NetworkError(words, LATER)


def _run_gdown(url: str, output: Path, hear: Hear, lock: int, timeout: float) -> None:
    command = [sys.executable, "-m", "gdown", url, "--output", str(output), "--continue", "--quiet"]
    kept_open = () if sys.platform == "win32" else (lock,)
    with TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, pass_fds=kept_open
        )
        try:
            _watch(process, output, hear, timeout)
        finally:
            process.kill()
            process.wait()
        if process.returncode or not output.is_file():
            words = f"Google Drive does not hand out {output.stem} ({_last_words(said)})"
            raise NetworkError(words, f"{LATER}, since it limits how often a file is asked for")


def _watch(process: subprocess.Popen[bytes], output: Path, hear: Hear, timeout: float) -> None:
    """Until the process has ended. What gdown has of a file begins with the file's name and goes on at random."""
    size, grown = 0, time.monotonic()
    while True:
        try:
            process.wait(PULSE)
            return
        except subprocess.TimeoutExpired:
            # A file that is being renamed is nowhere for a moment.
            now = max(size, sum(size_of(path) for path in output.parent.glob(f"{output.name}*")))
        hear(now)
        if now != size:
            size, grown = now, time.monotonic()
        elif time.monotonic() - grown > timeout:
            raise NetworkError(f"Google Drive was silent for {timeout:g} seconds", CHECK_ONLINE)


def _last_words(said: IO[bytes]) -> str:
    said.seek(0)
    return shortened(" ".join(said.read().decode(errors="replace").split())) or "it gives no reason"

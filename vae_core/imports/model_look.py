"""A look at a model that comes from elsewhere, before anything is made of it. Free of torch.

Another process does it, since what it opens may be anything: see `vae_core.imports.examiner`.
"""

import json
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

from vae_core.data.files.intake import own_name
from vae_core.errors import ImportingError
from vae_core.imports.description import Description, Found

STAGE = "Looking at the model"
IMPORTING = "Importing the model"  # of the same look, where its model is taken
PACKAGE_PARENT = Path(__file__).resolve().parents[2]
MOST_SECONDS = 240  # of computing
MOST_WAITING = 600.0  # seconds, on a machine that does much else
MOST_MEMORY = 4 << 30  # bytes of the process's own
TOO_MUCH = f"Looking at it took more than {MOST_MEMORY >> 30} GiB of memory, the limit; hand in a smaller model."


def look(source: str | Path, work: Path, said: Description | None = None) -> Found:
    """What a folder, a ZIP or a file is, as `Looking` finds it.

    Raises:
        ImportingError: it is no model that can be taken; the message says why and what to do.
    """
    with Looking(source, work, said) as looking:
        return looking.found()


class Looking:
    """A look that another process has begun at a folder, a ZIP or a file; as a context it ends what is left of it.

    What is kept of it is written into the folder `work`: `decoder.onnx` and, where there is one, `encoder.onnx`, as if
    each open question had been answered with its guess.
    """

    def __init__(self, source: str | Path, work: Path, said: Description | None = None) -> None:
        self._path = Path(source)
        asked = {
            "source": str(self._path.absolute()),
            "said": (said or Description()).model_dump(mode="json"),
            "work": str(work),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vae_core.imports.examiner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=PACKAGE_PARENT,
        )
        self._impatience = threading.Timer(MOST_WAITING, self._process.kill)
        self._impatience.start()
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has died; `found` says so
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            self._process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._impatience.cancel()
        self._process.kill()  # nothing where it has ended
        with suppress(BrokenPipeError):
            self._process.communicate()

    def found(self) -> Found:
        """Waits for what it is.

        Raises:
            ImportingError: it is no model that can be taken.
        """
        assert self._process.stdout is not None
        lines = self._process.stdout.read().splitlines()
        code = self._process.wait()
        answer = json.loads(lines[-1]) if lines and lines[-1].startswith(b"{") else {}
        if "found" in answer:
            return Found.model_validate(answer["found"])
        raise ImportingError(answer.get("problem") or f"{own_name(self._path)}: {_died(code)}")


def _died(code: int) -> str:
    return (
        f"the process that looked at it has ended in the middle of it (code {code}): it takes more than "
        f"{MOST_SECONDS // 60} minutes or {MOST_MEMORY >> 30} GiB of memory, or is made to break whoever opens it."
    )

"""A look at a model that comes from elsewhere, before anything is made of it. Free of torch.

Another process does it, since what it opens may be anything: see `vae_core.imports.examiner`.
"""

import json
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from vae_core.data.files.intake import own_name
from vae_core.errors import ImportingError
from vae_core.imports.description import Description, Found

PACKAGE_PARENT = Path(__file__).resolve().parents[2]
MOST_SECONDS = 240  # of computing
MOST_WAITING = 600.0  # seconds, on a machine that does much else
MOST_MEMORY = 4 << 30  # bytes of the process's own
TOO_MUCH = f"Looking at it took more than {MOST_MEMORY >> 30} GiB of memory, the limit; hand in a smaller model."


def look(source: str | Path, work: Path, said: Description | None = None) -> Found:
    """What a folder, a ZIP or a file is.

    What is kept of it is written into the folder `work`: `decoder.onnx` and, where there is one, `encoder.onnx`, as if
    each open question had been answered with its guess.

    Raises:
        ImportingError: it is no model that can be taken; the message says why and what to do.
    """
    path = Path(source)
    asked = {"source": str(path.absolute()), "said": (said or Description()).model_dump(mode="json"), "work": str(work)}
    process = subprocess.Popen(
        [sys.executable, "-m", "vae_core.imports.examiner"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=PACKAGE_PARENT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    impatience = threading.Timer(MOST_WAITING, process.kill)
    impatience.start()
    try:
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        process.stdin.flush()
        lines = process.stdout.read().splitlines()
    except BrokenPipeError:
        lines = []
    except BaseException:
        process.kill()
        raise
    finally:
        impatience.cancel()
        _close(process)
    answer = json.loads(lines[-1]) if lines and lines[-1].startswith(b"{") else {}
    if "found" in answer:
        return Found.model_validate(answer["found"])
    raise ImportingError(answer.get("problem") or f"{own_name(path)}: {_died(process.returncode)}")


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.close()
    if process.stdout is not None:
        process.stdout.close()
    process.wait()


def _died(code: int) -> str:
    return (
        f"the process that looked at it has ended in the middle of it (code {code}): it takes more than "
        f"{MOST_SECONDS // 60} minutes or {MOST_MEMORY >> 30} GiB of memory, or is made to break whoever opens it."
    )

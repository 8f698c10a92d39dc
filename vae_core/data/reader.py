"""The process that reads pictures for the page: `python -m vae_core.data.reader`, its request as JSON in its input.

It tells how far it is in lines of JSON, `{"stage": …, "done": …, "total": …}`, and at last `{"ready": true}` or
`{"problem": …}`, a sentence. It ends when its input is closed: whoever asked has gone, or wants no more of it.
"""

import json
import os
import sys
import threading
from dataclasses import asdict

from vae_core.data.reading import keep_look, look_at
from vae_core.data.request import Request
from vae_core.errors import UserError
from vae_core.progress import Progress

MOST_MEMORY = 1 << 30  # bytes of its own, mapped files not counted


def main() -> None:
    """Read what the first line of the input asks for."""
    request = Request(**json.loads(sys.stdin.readline()))
    threading.Thread(target=_end_with_input, daemon=True).start()
    if not request.is_named:
        _limit_memory()
    try:
        keep_look(request, look_at(request, _tell))
    except UserError as error:
        _say({"problem": str(error)})
    except OSError as error:
        _say({"problem": f"A file could not be read or written: {error}."})
    except MemoryError:
        _say({"problem": f"Reading them takes more than {MOST_MEMORY / 2**30:g} GiB of memory; hand in smaller files."})
    else:
        _say({"ready": True})


def _tell(progress: Progress) -> None:
    _say(asdict(progress))


def _say(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


def _limit_memory() -> None:
    """What strangers hand in may not take the machine's memory. Windows and macOS have no such limit."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))


if __name__ == "__main__":
    main()

"""The process in which what strangers handed in is opened: `python -m vae_core.imports.examiner`.

It is told what to look at in one line of JSON, and answers with another: `{"found": …}` or `{"problem": …}`. Its memory
and its time have limits, and it ends when its input is closed: whoever asked has gone.
"""

import json
import sys
import threading
from pathlib import Path

from vae_core.asked import end_with_input
from vae_core.errors import UserError
from vae_core.imports.description import Description
from vae_core.imports.model_look import MOST_MEMORY, MOST_SECONDS, TOO_MUCH
from vae_core.imports.recognition import examine


def main() -> None:
    """Look at what the first line of the input names."""
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=end_with_input, daemon=True).start()
    _limit()
    try:
        found = examine(Path(asked["source"]), Description.parse(asked["said"]), Path(asked["work"]))
    except UserError as error:
        _say({"problem": str(error)})
    except MemoryError:
        _say({"problem": TOO_MUCH})
    except OSError as error:
        _say({"problem": f"A file could not be read or written: {error.strerror}."})
    else:
        _say({"found": found.model_dump(mode="json")})


def _say(line: dict[str, object]) -> None:
    sys.stdout.write(f"\n{json.dumps(line)}\n")
    sys.stdout.flush()


def _limit() -> None:
    """Windows and macOS have no such limit of memory."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))


if __name__ == "__main__":
    main()

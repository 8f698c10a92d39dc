"""What a process of its own tells whoever asked it: lines of JSON on its output, for as long as its input is open."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict

from vae_core.progress import Progress


def say(line: Mapping[str, object]) -> None:
    """One line, at once."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def tell(progress: Progress) -> None:
    """How far it is."""
    say(asdict(progress))


def end_with_input() -> None:
    """Ends the process when its input is closed: whoever asked has gone. For a thread of its own."""
    sys.stdin.read()
    os._exit(0)

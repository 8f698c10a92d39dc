"""What a process of its own does that is asked for one thing: an order in, steps and an answer out."""

import os
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from vae_core.asked import end_with_input, say
from vae_core.errors import UserError
from vae_core.runs.report import diagnose


def do_errand(errand: Callable[[str], Mapping[str, Any]], *, niceness: int = 0) -> None:
    """Do what the first line of the standard input asks for, and say the answer, or `{"problem": …}`.

    The process ends with its input: whoever asked has gone. A greater `niceness` lets the server's pages go first.
    """
    if niceness:
        os.nice(niceness)
    order = sys.stdin.readline()
    threading.Thread(target=end_with_input, daemon=True).start()
    try:
        answer = errand(order)
    except UserError as error:
        answer = {"problem": str(error)}
    except (OSError, MemoryError) as error:
        answer = {"problem": diagnose(error).words}
    say(answer)

"""`python -m vae_core.runs FOLDER [LOCK]`: the process of one run, from its place in the queue to its last word.

It waits light: what training needs is loaded when its turn has come. LOCK is the descriptor of the run's lock that
it inherits from whoever started it; without one it takes the lock itself.
"""

import os
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from vae_core.checkpoint.layout import LOCK_FILE, RESERVE_FILE
from vae_core.files import take_lock
from vae_core.runs.queue import PATIENCE, Orders, Told, leave, turn
from vae_core.runs.report import diagnose
from vae_core.runs.run import Reporter, Run

NICENESS = 10  # the server's pages go before training
RESERVE = 64 * 1024  # bytes given up on a full disk, so that the run can still say what happened
ENDED_BY_SYSTEM = "stopped with the machine or its container; goes on when asked"


def main(folder: Path, inherited_lock: int | None = None) -> int:
    """Carry a run through to its end or to whatever it is told; 0 unless it failed."""
    os.nice(NICENESS)
    orders = Orders(folder)
    orders.listen()
    lock = take_lock(folder / LOCK_FILE, PATIENCE) if inherited_lock is None else inherited_lock
    if lock is None:
        print(f"{folder}: another process is at work on this run.", file=sys.stderr)
        return 2
    os.set_inheritable(lock, False)
    try:
        reporter = Reporter(Run.read(folder))
        try:
            (folder / RESERVE_FILE).write_bytes(bytes(RESERVE))
            _wait_and_work(folder, orders, reporter)
        except Exception as error:  # whatever it was, the process ends here and its record says so
            return _fail(folder, reporter, error)
        finally:
            (folder / RESERVE_FILE).unlink(missing_ok=True)
    finally:
        os.close(lock)
    return 0


def _wait_and_work(folder: Path, orders: Orders, reporter: Reporter) -> None:
    """Wait for a place, then work; a model that is only to be finished needs none."""
    keeping = False
    while True:
        with turn(folder, orders.any) as my_turn:
            keeping = keeping or orders.now() in ("keep", "keep last epoch")
            with suppress(Told):
                if my_turn or keeping:
                    # By name: a run that waits, perhaps for hours, takes no memory for it.
                    import_module("vae_core.runs.worker").work(folder, orders, reporter)
                    return
            if _pause(folder, orders, reporter):
                return


def _pause(folder: Path, orders: Orders, reporter: Reporter) -> bool:
    """Leave as told; False where the run has been told something else meanwhile."""
    status = reporter.so_far
    if orders.terminated:
        # Who has not had his turn keeps his place.
        state, detail = ("queued", "") if status.state == "queued" else ("paused", ENDED_BY_SYSTEM)
    else:
        state, detail = "paused", ""
    last = status.model_copy(update={"state": state, "detail": detail, "seconds_left": None})
    return leave(folder, last, by_order=not orders.terminated)


def _fail(folder: Path, reporter: Reporter, error: Exception) -> int:
    """Say what went wrong and what to change; the last good state stays, and goes on where only room was missing."""
    (folder / RESERVE_FILE).unlink(missing_ok=True)
    status = reporter.so_far
    problem = diagnose(error, status)
    changes = {
        "state": "paused" if problem.passes else "failed",
        "problem": problem.words.replace(f"{folder.parent}{os.sep}", ""),
        "advice": problem.advice,
        "detail": "",
        "seconds_left": None,
    }
    try:
        leave(folder, status.model_copy(update=changes))
    finally:
        traceback.print_exception(error)  # last: on a full disk the log takes nothing more
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *map(int, sys.argv[2:])))

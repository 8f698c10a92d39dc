"""The process that reads pictures for a server, held in the middle of its work for as long as a test looks."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.server import Server

READER = b"vae_core.data.reader"
LIMIT = 180.0  # seconds; a busy machine takes many times what a quiet one does


@contextmanager
def held_reader(server: Server) -> Iterator[None]:
    """From when it has begun: what a person does meanwhile is done before it is through, on any machine."""
    deadline = time.monotonic() + LIMIT
    while (process := _reader_of(server.process_id)) is None:
        assert time.monotonic() < deadline, "nothing is being read"
        time.sleep(0.005)
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):  # it has been stopped for good
            os.kill(process, signal.SIGCONT)


def _reader_of(server: int) -> int | None:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # one that has ended meanwhile
            reads = READER in (folder / "cmdline").read_bytes()
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if reads and parent == server:
                return int(folder.name)
    return None

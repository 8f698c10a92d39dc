"""Visits of the app without a browser, and how many files a server holds open."""

import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from harness.server import Server

LIMIT = 60.0  # seconds; a busy machine takes many times what a quiet one does


class Visit:
    """What a browser does that opens a page, up to the end of its script; raises where that is not reached.

    With the `session` of another visit it comes back to that one. `told` is all that it was told.
    """

    def __init__(self, server: Server, session: str | None = None, page: str = "") -> None:
        with urllib.request.urlopen(f"{server.url}/{page}", timeout=LIMIT) as answer:
            assert answer.status == 200
        protocols = ["streamlit"] if session is None else ["streamlit", "token", session]
        connection = connect(
            server.url.replace("http", "ws") + "/_stcore/stream",
            origin=Origin(server.url),
            subprotocols=[Subprotocol(protocol) for protocol in protocols],
            max_size=None,
            open_timeout=LIMIT,
            proxy=None,
        )
        self._open = ExitStack()
        socket = self._open.enter_context(connection)
        wish = BackMsg()
        wish.rerun_script.page_name = page
        socket.send(wish.SerializeToString())
        self.told: list[ForwardMsg] = []
        while not self._finished():
            content = socket.recv(timeout=LIMIT)
            assert isinstance(content, bytes)
            self.told.append(ForwardMsg.FromString(content))
        self.session = next(
            told.new_session.initialize.session_id for told in self.told if told.HasField("new_session")
        )

    def _finished(self) -> bool:
        last = self.told[-1] if self.told else ForwardMsg()
        if not last.HasField("script_finished") or last.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return False
        assert last.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        return True

    def close(self) -> None:
        self._open.close()


def open_files(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process_id}/fd").iterdir()))


def until(reached: Callable[[], bool], limit: float = LIMIT) -> bool:
    """Whether `reached` came true in time."""
    deadline = time.monotonic() + limit
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True

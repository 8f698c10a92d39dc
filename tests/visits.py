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
    """What a browser does that opens the first page, up to the end of its script; raises where that is not reached.

    With the `session` of another visit it comes back to that one.
    """

    def __init__(self, server: Server, session: str | None = None) -> None:
        with urllib.request.urlopen(f"{server.url}/", timeout=LIMIT) as answer:
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
        wish.rerun_script.query_string = ""
        socket.send(wish.SerializeToString())
        told = ForwardMsg()
        while told.WhichOneof("type") != "script_finished":
            content = socket.recv(timeout=LIMIT)
            assert isinstance(content, bytes)
            told.ParseFromString(content)
            if told.WhichOneof("type") == "new_session":
                self.session = told.new_session.initialize.session_id
        assert told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY

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

"""The server does not hear what a page that has been left still tells."""

import anyio
import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from serving.left_pages import LeftPages


def page_wish(page: str) -> bytes:
    wish = BackMsg()
    wish.rerun_script.page_script_hash = page
    return wish.SerializeToString()


def part_wish(page: str) -> bytes:
    wish = BackMsg()
    wish.rerun_script.page_script_hash = page
    wish.rerun_script.fragment_id = f"part of {page}"
    return wish.SerializeToString()


def shown(page: str) -> bytes:
    told = ForwardMsg()
    told.navigation.page_script_hash = page
    return told.SerializeToString()


def heard(*sent: bytes, server: dict[bytes, bytes] | None = None) -> list[bytes]:
    """What a server hears of what is `sent` on one connection; `server` says what it answers to what it hears."""
    got: list[bytes] = []
    waiting: list[Message] = [{"type": "websocket.receive", "bytes": content} for content in sent]
    waiting.append({"type": "websocket.disconnect"})

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            got.append(message["bytes"])
            if server and message["bytes"] in server:
                await send({"type": "websocket.send", "bytes": server[message["bytes"]]})

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(_message: Message) -> None:
        return

    anyio.run(LeftPages(app), {"type": "websocket"}, receive, send)
    return got


def test_a_part_of_a_page_that_has_been_left_is_not_heard() -> None:
    sent = [page_wish("paths"), part_wish("paths"), page_wish("train"), part_wish("paths"), part_wish("train")]
    assert heard(*sent) == [each for index, each in enumerate(sent) if index != 3]


def test_the_page_that_the_server_turns_to_by_itself_counts() -> None:
    first, switch = page_wish(""), part_wish("train")
    answers = {first: shown("train"), switch: shown("explore")}
    late, own = part_wish("train"), part_wish("explore")
    assert heard(first, switch, late, own, server=answers) == [first, switch, own]


@pytest.mark.parametrize("content", [b"", b"\xff\xff\xff", BackMsg(stop_script=True).SerializeToString()])
def test_everything_else_is_heard(content: bytes) -> None:
    sent = [page_wish("paths"), content, part_wish("paths")]
    assert heard(*sent) == sent


def test_before_any_page_is_known_every_part_is_heard() -> None:
    assert heard(page_wish(""), part_wish("paths")) == [page_wish(""), part_wish("paths")]

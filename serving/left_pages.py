"""What a page that is being left still tells is not heard.

A part of a page (a fragment) may report something after its page has been left: in between lies the way to the server
and back. Streamlit runs such a part once the new page's script is done, says with it that the old page is on show, and
the browser then clears the new one away.
"""

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


class LeftPages:
    """ASGI middleware: of each WebSocket of Streamlit's, drops the wishes of fragments whose page has been left."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        page = _OnePage()

        async def heard() -> Message:
            while True:
                message = await receive()
                if not page.is_left(message.get("bytes")):
                    return message

        async def told(message: Message) -> None:
            page.follow(message.get("bytes"))
            await send(message)

        await self.app(scope, heard, told)


class _OnePage:
    """The page that a browser shows or has asked for, whichever came last, by the hash that Streamlit gives it."""

    def __init__(self) -> None:
        self.hash = ""  # unknown: nothing is left before anything was there

    def is_left(self, content: bytes | None) -> bool:
        """Whether a message to the server is of a part of another page; one that asks for a page is followed."""
        try:
            wish = BackMsg.FromString(content or b"")
        except DecodeError:
            return False
        if not wish.HasField("rerun_script"):
            return False
        page = wish.rerun_script.page_script_hash
        if wish.rerun_script.fragment_id:
            return bool(self.hash) and page != self.hash
        self.hash = page
        return False

    def follow(self, content: bytes | None) -> None:
        """Takes note of the page that the server says it runs now."""
        if not content:
            return
        told = ForwardMsg.FromString(content)
        if told.HasField("navigation"):  # a new session has the main script's hash at first, whatever the page
            self.hash = told.navigation.page_script_hash

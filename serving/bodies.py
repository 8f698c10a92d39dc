"""What clients send: in time, no more than can be meant, and JSON where JSON is asked for."""

import os
import time
from typing import TypeVar

import anyio
from anyio import to_thread
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Seconds until a request has to be there, and more for a long body.
PATIENCE = float(os.environ.get("LATENT_EXPLORER_PATIENCE") or 20)
SLOWEST = 4096  # bytes a second of a long one

W = TypeVar("W", bound=BaseModel)


class TimelyBodies:
    """ASGI middleware that ends a request with 408 when its body does not arrive, on whatever path.

    A client that goes away in mid-body ends its request, and no more.
    """

    def __init__(self, app: ASGIApp, patience: float = PATIENCE) -> None:
        self.app, self.patience = app, patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, received, complete = time.monotonic(), 0, False

        async def timely() -> Message:
            nonlocal received, complete
            if complete:
                return await receive()
            left = begun + self.patience + received / SLOWEST - time.monotonic()
            try:
                with anyio.fail_after(max(left, 0)):
                    message = await receive()
            except TimeoutError:
                words = f"the request's body did not arrive within {self.patience:g} seconds"
                raise HTTPException(408, words, {"Connection": "close"}) from None
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            return message

        try:
            await self.app(scope, timely, send)
        except ClientDisconnect:
            return


async def json_body(request: Request, kind: type[W], most_bytes: int, most_lists: int, most_values: int) -> W:
    """The body as a record. What has more lists or values than can be meant is refused before it is read as JSON,
    which takes place in a thread.

    Raises:
        HTTPException: 413 or 422, saying what is wrong.
    """
    too_long = HTTPException(413, f"this request has at most {most_bytes:,} bytes")
    declared = request.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared) > most_bytes:
        raise too_long
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise too_long
    return await to_thread.run_sync(_record, bytes(body), kind, most_lists, most_values)


def _record(body: bytes, kind: type[W], most_lists: int, most_values: int) -> W:
    # Rows by the hundred thousand would be read one by one, with the interpreter held all the while.
    if body.count(b"[") > most_lists or body.count(b",") > most_values or body.count(b"{") > 1:
        raise HTTPException(422, "the request: more lists or numbers than it can hold")
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise HTTPException(422, f"{place or 'the request'}: {first['msg']}") from None

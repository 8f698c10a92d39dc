"""Explore under its own name: it lies at the app's beginning, and who types /explore is led there."""

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class NamedExplore:
    """ASGI middleware that leads /explore, in an app at `base`, to the page that opens first, with the same query."""

    def __init__(self, app: ASGIApp, *, base: str = "") -> None:
        self.app, self.path = app, f"{base}/explore"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self.path:
            query = scope["query_string"].decode("latin-1")
            # Relative: a proxy may have taken the beginning of the path away.
            await RedirectResponse(f"./?{query}" if query else "./")(scope, receive, send)
        else:
            await self.app(scope, receive, send)

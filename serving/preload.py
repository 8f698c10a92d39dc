"""Head start for the first images: the HTML answer tells the browser to fetch the explorer's files at once.

Without it they would be asked for only when Streamlit's own bundle has loaded, its session has run the page
and the explorer has read the model's manifest, one after the other.
"""

import logging
from urllib.parse import parse_qs

from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.explorable_models import find_model
from serving.public_files import ASSETS_ADDRESS, NotBuiltError, assets
from vae_core.checkpoint.layout import MANIFEST_FILE
from vae_core.errors import CheckpointError

logger = logging.getLogger(__name__)
# The pages, below the app's own beginning, and the roles of a model's files that their first images wait for beside the
# decoder, in the order in which they need them: Explore begins with a latent that is in the manifest, a path begins
# among the points.
PAGES = {"/": (), "/interpolate": ("points", "latents", "labels", "plane_latents")}


class PreloadLinks:
    """ASGI middleware that adds a `Link` header to the HTML of the pages that show images, in an app at `base`."""

    def __init__(self, app: ASGIApp, *, base: str = "") -> None:
        self.app, self.pages = app, {base + page: roles for page, roles in PAGES.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in self.pages:
            await self.app(scope, receive, send)
            return
        requested = parse_qs(scope["query_string"].decode("latin-1")).get("model", [None])[0]
        links: list[str] = []
        try:
            links = await to_thread.run_sync(preload_links, requested, *self.pages[scope["path"]])
        except Exception:  # the page is worth more than its head start, and says itself what is wrong
            logger.exception("The page gets no head start.")

        async def send_with_links(message: Message) -> None:
            if message["type"] == "http.response.start" and links:
                MutableHeaders(scope=message).append("Link", ", ".join(links))
            await send(message)

        await self.app(scope, receive, send_with_links)


def preload_links(requested: str | None, *roles: str) -> list[str]:
    """The values of the `Link` header for a request of the model `requested`, with its files of these roles beside the
    decoder; none without a model.
    """
    model = find_model(requested)
    if model is None:
        return []
    try:
        built, public = assets(), model.files
    except (NotBuiltError, CheckpointError):  # the page itself says what is missing
        return []
    fetched = [
        f"{model.address}{MANIFEST_FILE}?version={public.version}",
        *(model.address + name for role in ("decoder", *roles) for name in public.paths.get(role, ())),
    ]
    return [
        f"<{ASSETS_ADDRESS}{built['component']}>; rel=modulepreload",
        *(f"<{address}>; rel=preload; as=fetch; crossorigin" for address in fetched),
    ]

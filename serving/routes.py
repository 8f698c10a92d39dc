"""The explorer's routes: browser files below /explorer/assets/, model files below /explorer/models/NAME/, the runs.

Names that carry a content hash are cached for ever; `manifest.json` is asked for anew, and answered with 304
where it has not changed. Whatever is not listed is a 404 in JSON: Streamlit would answer with its page.
"""

import mimetypes
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from serving import collection_routes, heavy_work, public_files, run_routes, unseen_images
from serving.public_demo import Quota
from serving.public_files import ASSETS_ADDRESS, MODELS_ADDRESS, assets, for_visitors, inside, model_files
from serving.run_routes import RUNS_ADDRESS
from serving.workshop import Workshop
from vae_core.checkpoint.layout import MANIFEST_FILE, SAMPLES_FILE
from vae_core.errors import UserError, shortened

PREFIX = "/explorer/"
# What a browser file may be compressed with, ready-made, the smallest first, and what is then added to its name.
CODINGS = {"br": ".br", "gzip": ".gz"}
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

_CONTENT_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".wasm": "application/wasm",
    ".json": "application/json",
    ".webp": "image/webp",
}


class _File(FileResponse):
    """A file in pieces of a mebibyte: each piece costs a hop to a worker thread."""

    chunk_size = 1 << 20


class ExplorerRoutes:
    """ASGI middleware that answers everything under /explorer/ and passes the rest on.

    It stands before Streamlit's own middleware, which would compress each of these answers anew. Of an app that does
    not begin at the server's root, `base` is the beginning of each path: see `base_path`.
    """

    def __init__(self, app: ASGIApp, workshop: Workshop | None = None, *, public: bool = False, base: str = "") -> None:
        self.app = app
        self.base = base
        self.explorer = explorer_application(workshop, public=public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self.base + PREFIX):
            await self.explorer({**scope, "root_path": self.base}, receive, send)
        else:
            await self.app(scope, receive, send)


def explorer_application(workshop: Workshop | None = None, *, public: bool = False) -> Starlette:
    """The routes as an application of their own; `workshop` does the heavy work that they are asked for.

    A `public` one tells nothing of runs and hands out no form but our own, and each visitor has a quota of heavy work.
    """
    workshop = workshop or Workshop()
    runs = [
        Route(f"/{RUNS_ADDRESS}now", run_routes.runs_now),
        Route(f"/{RUNS_ADDRESS}{{name}}/learned", run_routes.run_learned),
        Route(f"/{RUNS_ADDRESS}{{name}}/picture", run_routes.run_picture),
    ]
    gifts = [
        Route(f"/{MODELS_ADDRESS}{{name}}/{collection_routes.DOWNLOAD}/{{form}}", collection_routes.give),
        Route(f"/{collection_routes.SITE_ADDRESS}", collection_routes.give_site),
        Route(f"/{MODELS_ADDRESS}{{name}}/{unseen_images.TEST_IMAGES}", unseen_images.test_images),
    ]
    application = Starlette(
        routes=[
            Route(f"/{ASSETS_ADDRESS}{{file}}", _asset),
            *([] if public else [*runs, *gifts]),
            Route(f"/{MODELS_ADDRESS}{{name}}/geodesic", heavy_work.geodesic, methods=["POST"]),
            Route(f"/{MODELS_ADDRESS}{{name}}/ready", heavy_work.ready, methods=["POST"]),
            Route(f"/{MODELS_ADDRESS}{{name}}/film", heavy_work.film, methods=["POST"]),
            Route(f"/{MODELS_ADDRESS}{{name}}/{SAMPLES_FILE}", collection_routes.samples),
            Route(f"/{MODELS_ADDRESS}{{name}}/{collection_routes.DOWNLOAD}", collection_routes.download),
            Route(f"/{MODELS_ADDRESS}{{name}}/{{file}}", _model_file),
        ],
        exception_handlers={HTTPException: _refused, UserError: _not_there},
        lifespan=workshop.open,
    )
    application.state.workshop = workshop
    application.state.quota = Quota() if public else None
    return application


def _asset(request: Request) -> Response:
    name = request.path_params["file"]
    if name not in assets().values():
        raise HTTPException(404, f"no browser file is called {shortened(repr(name))}")
    return _unchanging(request, public_files.DIST, name)


def _model_file(request: Request) -> Response:
    name = request.path_params["file"]
    model = model_files(request.path_params["name"])
    if name == MANIFEST_FILE:
        return _manifest(request, model.manifest, model.version)
    if name not in model.names:
        raise HTTPException(404, f"the manifest of this model names no file {shortened(repr(name))}")
    return _unchanging(request, model.folder, name)


def _manifest(request: Request, content: bytes, version: str) -> Response:
    headers = {"Cache-Control": ASK_AGAIN, "ETag": f'"{version}"'}
    if _is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)


def _is_known(request: Request, tag: str) -> bool:
    """Whether the client has this content already: RFC 9110, section 13.1.2."""
    known = [each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")]
    return tag in known or "*" in known


def _unchanging(request: Request, folder: Path, name: str) -> Response:
    """A content-hashed file, from what there is of it in the first of `CODINGS` that the browser takes."""
    path = inside(folder, name)
    if path is None:
        raise HTTPException(404, f"{shortened(repr(name))} is listed but is not there")
    headers = {"Cache-Control": FOR_EVER}
    compressed = {coding: found for coding, ending in CODINGS.items() if (found := inside(folder, name + ending))}
    if compressed:
        headers["Vary"] = "Accept-Encoding"
        accepted = request.headers.get("Accept-Encoding", "")
        if coding := next((coding for coding in compressed if _takes(coding, accepted)), None):
            path = compressed[coding]
            headers["Content-Encoding"] = coding
    headers["ETag"] = f'"{path.name}"'
    if _is_known(request, headers["ETag"]):
        headers.pop("Content-Encoding", None)
        return Response(status_code=304, headers=headers)
    return _File(path, headers=headers, media_type=content_type(name))


def _takes(coding: str, accepted: str) -> bool:
    """Whether an Accept-Encoding header allows a coding, by its name or else by `*`; `q=0` forbids it."""
    offers = dict(_offer(offer) for offer in accepted.lower().split(","))
    return offers.get(coding, offers.get("*", False))


def _offer(offer: str) -> tuple[str, bool]:
    coding, _, quality = (part.strip() for part in offer.partition(";"))
    return coding, quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")


def content_type(name: str) -> str:
    """The media type of a file name; arrays and ONNX graphs are plain bytes."""
    suffix = Path(name).suffix
    return _CONTENT_TYPES.get(suffix) or mimetypes.types_map.get(suffix) or "application/octet-stream"


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse(
        {"error": error.detail}, error.status_code, {"Cache-Control": ASK_AGAIN, **(error.headers or {})}
    )


def _not_there(_request: Request, error: Exception) -> Response:
    return JSONResponse({"error": for_visitors(error)}, 404, {"Cache-Control": ASK_AGAIN})

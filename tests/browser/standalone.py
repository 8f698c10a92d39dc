"""The explorer on a page of its own, without Streamlit: what it shows, and a hand on the mouse."""

import base64
import io
import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, CDPSession, Locator, Page
from torch import Tensor

from harness.standalone import PAGE
from tests.browser.link_text import link_text
from tests.browser.model import ExplorableModel

CLOSE = 2 / 255
Bounds = tuple[float, float, float, float]  # left, bottom, right, top
VERSIONS = itertools.count()
# Every answer that was painted, and every probe that was released, in order.
RECORDER = """
window.answers = [];
window.released = [];
document.addEventListener("explorer:decoded", (event) => answers.push(event.detail));
document.addEventListener("explorer:moved", (event) => answers.push(event.detail));
"""
# A clock that moves on by 20 ms at every look makes any decoder look slow: it moves into a worker.
HURRIED_CLOCK = """
const now = performance.now.bind(performance);
let looks = 0;
performance.now = () => now() + 20 * looks++;
"""


@dataclass
class ExplorerPage:
    """One explorer in a browser, and what the browser has to say about it."""

    page: Page
    model: ExplorableModel
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def wait_for_answer(self, after: int = 0) -> dict[str, Any]:
        """The newest answer, once more than `after` have come and no newer one is on its way."""
        self.page.wait_for_function("count => answers.length > count", arg=after)
        return self.settled()

    def settled(self) -> dict[str, Any]:
        """The newest answer, once a few frames have passed without another."""
        self.page.evaluate(
            """async () => {
                for (let seen = -1, still = 0; still < 4; seen = answers.length) {
                    await new Promise(requestAnimationFrame);
                    still = seen === answers.length ? still + 1 : 0;
                }
            }"""
        )
        return dict(self.page.evaluate("answers.at(-1)"))

    def answers(self) -> list[dict[str, Any]]:
        return list(self.page.evaluate("answers"))

    def pixels(self) -> Tensor:
        """The decoded image on the screen, (H, W) in [0, 1]."""
        size = self.model.checkpoint.model.config.image_size
        values = self.page.evaluate(
            """() => {
                const canvas = document.querySelector("canvas.decoded");
                return [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data];
            }"""
        )
        return torch.tensor(values).reshape(size, size, 4)[..., 0] / 255

    def reopen(self, at: str) -> None:
        """Opens the page anew by a link."""
        self.page.evaluate(
            """([at, version]) => {
                const address = new URL(location.href);
                address.searchParams.set("at", at);
                history.replaceState(null, "", address);
                answers.length = 0;
                explorer.update({ ...explorerOptions, manifestVersion: version });
            }""",
            [at, f"linked {next(VERSIONS)}"],
        )
        self.page.wait_for_selector("[data-ready=true]")

    def link_to(self, position: Sequence[float], latent: Sequence[float]) -> str:
        """What a link to a latent says that stands at a position of the model's own map, all of which is seen."""
        manifest = json.loads((self.model.folder / "manifest.json").read_text())
        left, bottom, right, top = self.model.latent_map.bounds
        probe = [[*position], None, None, [0]]
        view = [(left + right) / 2, (bottom + top) / 2, 1]
        digits = [manifest["files"][file]["path"].split(".")[1][:8] for file in ("decoder", "points")]
        value = [2, *digits, probe, [0], [0, 0], [], [0, 0, 1], view, [None, None]]
        return link_text(value, [np.array(latent, "<f4").tobytes()])

    def probe(self) -> tuple[float, float]:
        """Where the probe's centre is, in pixels of the page."""
        box = self.page.locator(".probe").bounding_box()
        assert box is not None
        return box["x"], box["y"]

    def scale(self, bounds: Bounds | None = None) -> float:
        """Pixels a map unit while the whole map (by default the model's own) is fitted into its box."""
        left, bottom, right, top = bounds or self.model.latent_map.bounds
        box = self.page.locator(".surface").bounding_box()
        assert box is not None
        return float(min(box["width"] / ((right - left) * 1.12), box["height"] / ((top - bottom) * 1.12)))

    def place_of(self, position: Sequence[float], bounds: Bounds | None = None) -> tuple[float, float]:
        """Where a position of the map is on the page while the whole map is fitted into its box."""
        left, bottom, right, top = bounds or self.model.latent_map.bounds
        scale, (x, y) = self.scale(bounds), self.centre()
        return x + (position[0] - (left + right) / 2) * scale, y - (position[1] - (bottom + top) / 2) * scale

    def position_of(self, place: tuple[float, float]) -> tuple[float, float]:
        """The position of the model's own map at a place on the page, the whole map being fitted into its box."""
        left, bottom, right, top = self.model.latent_map.bounds
        scale, (x, y) = self.scale(), self.centre()
        return (place[0] - x) / scale + (left + right) / 2, (y - place[1]) / scale + (bottom + top) / 2

    def centre(self) -> tuple[float, float]:
        """The middle of the map's box on the page."""
        box = self.page.locator(".surface").bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def place_of_point(self, point: int) -> tuple[float, float]:
        return self.place_of(self.model.latent_map.projection.positions[point].tolist())

    def lonely_point(self) -> int:
        """The data point that is farthest from all others: a pointer on it means no other."""
        positions = self.model.latent_map.projection.positions
        gaps = torch.cdist(positions, positions, compute_mode="donot_use_mm_for_euclid_dist")
        gaps.fill_diagonal_(torch.inf)
        return int(gaps.min(1).values.argmax())

    def picture(self, canvas: str | Locator) -> np.ndarray:
        """A canvas as it is, (H, W, 4) in 0 to 255."""
        at = self.page.locator(canvas) if isinstance(canvas, str) else canvas
        url = at.evaluate("canvas => canvas.toDataURL()")
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGBA"))

    def shows(self, canvas: str | Locator, latent: Sequence[float]) -> bool:
        """Whether a canvas holds what torch decodes from a latent."""
        expected = self.model.decode(list(latent)).numpy()
        return bool(np.abs(self.picture(canvas)[..., 0] / 255 - expected).max() < CLOSE)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def choice(self, name: str) -> Locator:
        """A drop-down list."""
        return self.page.get_by_role("combobox", name=name, exact=True)

    def lasso(self, corners: Sequence[tuple[float, float]]) -> None:
        """Draws a line round something, from corner to corner, with Shift held."""
        self.page.keyboard.down("Shift")
        self.drag(corners[0], *corners[1:], steps=1)
        self.page.keyboard.up("Shift")

    def frame(self) -> None:
        """Waits until what has been asked for is painted."""
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def drag(self, start: tuple[float, float], *stops: tuple[float, float], steps: int = 12) -> None:
        """Presses at `start`, moves through the stops and lets go."""
        self.page.mouse.move(*start)
        self.page.mouse.down()
        for stop in stops:
            self.page.mouse.move(*stop, steps=steps)
        self.page.mouse.up()


@contextmanager
def explorer_page(
    browser: Browser,
    address: str,
    model: ExplorableModel,
    *,
    query: str = "",
    wait: bool = True,
    **context: Any,
) -> Iterator[ExplorerPage]:
    """An explorer on a fresh page; at the end its console must have been clean."""
    opened: BrowserContext = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **context})
    page = opened.new_page()
    shown = ExplorerPage(page, model)
    page.on("console", lambda message: shown.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: shown.complaints.append(f"uncaught: {error}"))
    page.on("request", lambda request: shown.requests.append(request.url))
    page.add_init_script(RECORDER)
    try:
        page.goto(f"{address}{PAGE}{query}")
        if wait:
            page.wait_for_selector("[data-ready=true]")
            page.wait_for_load_state("networkidle")
        yield shown
    finally:
        opened.close()


def flat_bounds(points: np.ndarray) -> Bounds:
    """Bounds of a map that the explorer lays out itself."""
    low, high = points.min(0), points.max(0)
    margin = 0.02 * float((high - low).max())
    return float(low[0] - margin), float(low[1] - margin), float(high[0] + margin), float(high[1] + margin)


class OnAPage(Protocol):
    """Something that a page shows."""

    page: Page


class Fingers:
    """Touch input as the browser gets it from a screen."""

    def __init__(self, shown: OnAPage) -> None:
        self.session: CDPSession = shown.page.context.new_cdp_session(shown.page)

    def _send(self, kind: str, places: list[tuple[float, float]]) -> None:
        touches: list[dict[str, Any]] = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def drag(self, *paths: tuple[tuple[float, float], tuple[float, float]], steps: int = 10) -> None:
        """Each path is one finger's way from start to end; all move together."""
        self._send("touchStart", [start for start, _ in paths])
        for step in range(1, steps + 1):
            share = step / steps
            self._send(
                "touchMove",
                [(a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share) for a, b in paths],
            )
        self._send("touchEnd", [])

    def follow(self, path: Sequence[tuple[float, float]]) -> None:
        """One finger goes down at the first place, through all others, and up at the last."""
        self._send("touchStart", [path[0]])
        for place in path[1:]:
            self._send("touchMove", [place])
        self._send("touchEnd", [])

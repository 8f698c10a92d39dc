"""The Interpolate page, on its own or in Streamlit: what it shows, what it tells, and what its scene holds."""

import base64
import io
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from harness.standalone import PAGE
from tests.browser.link_text import link_content, link_text
from tests.browser.model import ExplorableModel
from tests.browser.standalone import CLOSE, RECORDER, ExplorerPage

# Every arrival of decoded frames, in order.
STRIPS = """
window.strips = [];
window.reported = [];
document.addEventListener("explorer:strip", (event) => strips.push(event.detail));
"""
# Streamlit asks below the page's own address for what lies at the root, before it asks there.
ITS_OWN = "/interpolate/_stcore/"
LIMIT = 90_000  # milliseconds; a busy machine takes many times what a quiet one does
VERSIONS = itertools.count()
SIZE = 8  # pixels a side of an image


@dataclass
class Stop:
    """A stop of a kept scene."""

    name: str
    latent: list[float]
    position: list[float]
    point: int | None


class Scene:
    """What a link to a scene holds, read as `sceneLink.ts` writes it."""

    def __init__(self, text: str) -> None:
        content, blobs = link_content(text)
        self.stops = [
            Stop(name, np.frombuffer(latent, "<f4").tolist(), [x, y], point)
            for (name, x, y, point, _), latent in zip(content[3], blobs, strict=True)
        ]
        self.shape, self.mode, self.spacing, self.repeat = content[4]
        self.frames, self.beyond, self.side, self.speed, self.frame, self.chosen = content[5]


def mean_change(report: dict[str, Any]) -> np.ndarray:
    """The changes along the chosen path as shares of their mean."""
    changes = np.array(report["changes"][report["mode"]])
    return changes / changes.mean()


# Whether the frame on show is the one that was reported: a frame is told of once a hand has stayed on it.
REPORTED = """
() => {
    const scene = atob(reported.at(-1).scene.replaceAll("-", "+").replaceAll("_", "/"));
    const [content] = JSON.parse(scene.slice(0, scene.indexOf("\\0")));
    return content[5][4] === Number(document.querySelector(".sheet").ariaValueNow) - 1;
}
"""


@dataclass
class PathPage(ExplorerPage):
    """The page of paths in a browser."""

    def reset(self, scene: str | None = None, *, storage: dict[str, str] | None = None) -> dict[str, Any]:
        """Opens the page anew, without what was kept; its first report."""
        self.page.evaluate(
            """([scene, version, storage]) => {
                explorer.update({ ...explorerOptions, manifestVersion: version });
                localStorage.clear();
                sessionStorage.clear();
                const address = new URL(location.href);
                address.searchParams.delete("scene");
                if (scene !== null) address.searchParams.set("scene", scene);
                history.replaceState(null, "", address);
                for (const [key, value] of Object.entries(storage)) localStorage.setItem(key, value);
                strips.length = reported.length = 0;
            }""",
            [scene, f"anew {next(VERSIONS)}", storage or {}],
        )
        self.page.locator("[data-ready=true]").wait_for()
        self.page.mouse.move(0, 0)
        return self.wait_for_report(0)

    def wait_for_report(self, after: int) -> dict[str, Any]:
        """The newest report, once more than `after` have come."""
        self.page.wait_for_function("count => reported.length > count", arg=after)
        return self.report()

    def report(self) -> dict[str, Any]:
        return dict(self.page.evaluate("reported.at(-1)"))

    def scene(self) -> Scene:
        """The scene that was reported last."""
        return Scene(self.report()["scene"])

    def after(self, act: Callable[[], object]) -> dict[str, Any]:
        """What the page, which is at rest, reports once it is so again after `act`."""
        self.page.wait_for_function(REPORTED)
        count = int(self.page.evaluate("reported.length"))
        act()
        return self.wait_for_report(count)

    def made_up(self, words: list[Any]) -> str:
        """The scene on show as a link, but with other words for its shape, mode, spacing and repeat."""
        content, blobs = link_content(self.report()["scene"])
        content[4] = words
        return link_text(content, blobs)

    def strips(self) -> list[dict[str, Any]]:
        return list(self.page.evaluate("strips"))

    @property
    def sheet(self) -> Locator:
        return self.page.get_by_role("slider", name="Frame", exact=True)

    @property
    def surface(self) -> Locator:
        return self.page.locator(".surface")

    def tiles(self) -> np.ndarray:
        """All frames of the sheet as they are on the screen: (F, H, W) in [0, 1]."""
        pixels = self.picture(".sheet canvas")[..., 0] / 255
        count = int(self.sheet.get_attribute("aria-valuemax") or 0)
        down, across = (np.array(pixels.shape) + 1) // (SIZE + 1)
        places = itertools.islice(itertools.product(range(down), range(across)), count)
        pitch = SIZE + 1
        return np.stack([pixels[row * pitch :, column * pitch :][:SIZE, :SIZE] for row, column in places])

    def decoded(self, latents: list[list[float]]) -> np.ndarray:
        """What torch decodes: (F, H, W)."""
        return np.stack([self.model.decode([float(value) for value in latent]).numpy() for latent in latents])

    def shows_frames_of(self, report: dict[str, Any]) -> bool:
        """Whether the sheet holds what torch decodes from the reported latents."""
        return bool(np.abs(self.tiles() - self.decoded(report["latents"])).max() < CLOSE)

    def stop(self, letter: str) -> tuple[float, float]:
        """Where a stop's mark is, in pixels of the page, once the map is painted."""
        self.frame()
        box = self.page.locator(".mark.stop").nth(ord(letter) - ord("A")).bounding_box()
        assert box is not None
        return box["x"], box["y"]

    def choose(self, letter: str) -> Locator:
        """Chooses a stop in the list."""
        button = self.page.locator(".stops li > button:first-child").nth(ord(letter) - ord("A"))
        if button.get_attribute("aria-pressed") == "true":
            button.click()
        else:
            self.after(button.click)  # which stop is chosen is kept, and told of
        expect(button).to_have_attribute("aria-pressed", "true")
        return button

    def names(self) -> list[str]:
        return self.page.locator(".stops .stop-name").all_inner_texts()

    def range(self, name: str, value: float) -> dict[str, Any]:
        """Sets a handle to another value; the report after it."""
        handle = self.page.get_by_role("slider", name=name, exact=True)
        return self.after(lambda: handle.fill(f"{value:g}"))

    def open_picker(self, tab: str) -> None:
        details = self.page.locator("details.adding")
        if details.get_attribute("open") is None:
            details.locator("summary").click()
        self.page.get_by_role("tab", name=tab, exact=True).click()

    def free_place(self) -> tuple[float, float]:
        """A place on the page's map that is far from any data point and from any stop."""
        left, bottom, right, top = self.model.latent_map.bounds
        grid = np.stack(np.meshgrid(np.linspace(left, right, 40), np.linspace(bottom, top, 40)), -1).reshape(-1, 2)
        others = np.concatenate([self.model.positions, [stop.position for stop in self.scene().stops]])
        gaps = np.linalg.norm(grid[:, None] - others, axis=-1).min(1)
        return self.place_of(grid[gaps.argmax()])


@contextmanager
def path_page(
    browser: Browser, address: str, model: ExplorableModel, *, query: str = "", script: str = "", **context: Any
) -> Iterator[PathPage]:
    """The page on its own, open and at rest; `script` runs before all others."""
    opened = browser.new_context(**{"viewport": {"width": 1280, "height": 1000}, **context})
    page = opened.new_page()
    shown = PathPage(page, model)
    page.on("console", lambda message: shown.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: shown.complaints.append(f"uncaught: {error}"))
    page.on("request", lambda request: shown.requests.append(request.url))
    page.add_init_script(RECORDER + STRIPS + script)
    try:
        page.goto(f"{address}{PAGE}&page=interpolate{query}")
        page.locator("[data-ready=true]").wait_for()
        shown.wait_for_report(0)
        yield shown
    finally:
        opened.close()


@dataclass
class Visit:
    """The page in Streamlit, with everything that it said and asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)

    def open(self, url: str) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.sent.append(request.url))
        self.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: self.sent.append(frame)))
        self.page.add_init_script(STRIPS)
        self.page.goto(url, timeout=LIMIT)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        self.page.locator("[data-ready=true]").wait_for(timeout=LIMIT)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and ITS_OWN not in message.location["url"]:
            self.complaints.append(message.text)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def choice(self, name: str) -> Locator:
        return self.page.get_by_role("combobox", name=name, exact=True)

    def link(self) -> str:
        """What Copy link copies."""
        self.page.evaluate("navigator.clipboard.writeText('')")
        self.button("Copy link").click()
        self.page.wait_for_function("navigator.clipboard.readText().then((text) => text !== '')")
        return str(self.page.evaluate("navigator.clipboard.readText()"))

    def scene(self) -> Scene:
        return Scene(self.link().split("scene=")[1])

    def picture(self, canvas: Locator) -> np.ndarray:
        """A canvas as it is, (H, W, 3) in [0, 1]."""
        url = canvas.evaluate("canvas => canvas.toDataURL()")
        with Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))) as image:
            return np.asarray(image.convert("RGB")) / 255

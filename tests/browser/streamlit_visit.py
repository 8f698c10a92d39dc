"""The Explore page of the real app in a real Chromium, and what the page said and asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from playwright.sync_api import ConsoleMessage, Page, Request, WebSocket

RECORD_DECODED = """
window.releases = 0;
addEventListener("explorer:released", () => (window.releases += 1));
addEventListener("explorer:decoded", ({ detail }) => {
  window.decoded = detail;
  window.decodedAt = performance.now();
});
"""

# The shadow root hides the canvas from document.querySelector, not from Playwright's locators.
PIXELS = "(canvas) => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"

READY_LIMIT = 120_000  # milliseconds; a busy machine takes many times what a quiet one does

# Nothing newer has been decoded for half a second.
SETTLED = "performance.now() - window.decodedAt > 500"

# A machine too slow to start Streamlit within three seconds makes Chromium doubt the preloads; that each file
# is fetched only once shows that they are used.
LATE_PRELOAD = "was preloaded using link preload but not used within a few seconds"


def pick_model(page: Page, name: str) -> None:
    """Picks one of the models from the list above the map."""
    page.get_by_role("combobox", name="Model", exact=True).click()
    page.get_by_role("option", name=name, exact=True).click()


@dataclass
class Visit:
    """A page with everything that it said and asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    frames: list[str | bytes] = field(default_factory=list)
    websockets: list[WebSocket] = field(default_factory=list)

    def open(self, url: str) -> None:
        """Goes there and waits for the first decoded image."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._on_request)
        self.page.on("websocket", self._on_websocket)
        self.page.add_init_script(RECORD_DECODED)
        self.page.goto(url, timeout=READY_LIMIT)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Waits for the first decoded image of the model on show."""
        self.page.locator("[data-ready=true]").wait_for(timeout=READY_LIMIT)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and LATE_PRELOAD not in message.text:
            self.complaints.append(message.text)

    def _on_request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _on_websocket(self, websocket: WebSocket) -> None:
        self.websockets.append(websocket)
        websocket.on("framesent", lambda frame: self.frames.append(frame))

    def image(self, channels: int) -> np.ndarray:
        """The decoded image on the screen: (H, W, C) in 0 to 255."""
        canvas = self.page.locator("canvas.decoded")
        width, height = canvas.evaluate("(canvas) => [canvas.width, canvas.height]")
        return np.array(canvas.evaluate(PIXELS), dtype=float).reshape(height, width, 4)[..., :channels]

    def decoded(self) -> dict[str, Any]:
        """What the newest image was decoded from."""
        detail: dict[str, Any] = self.page.evaluate("window.decoded")
        return detail

    def map_center(self) -> tuple[float, float]:
        """The middle of the map in the window's pixels."""
        box = self.page.locator(".map").bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def hold_probe(self) -> None:
        """Clicks the probe to the middle of the map, waits until it rests there, and presses it."""
        x, y = self.map_center()
        self._until_released(lambda: self.page.mouse.click(x, y))
        self.page.mouse.move(x, y)
        self.page.mouse.down()

    def drag(self) -> None:
        """Carries the held probe away from the middle; waits for the last image, still holding it."""
        x, y = self.map_center()
        for step in range(1, 41):
            self.page.mouse.move(x + 3 * step, y - 2 * step)
        self.page.wait_for_function(SETTLED)

    def release_probe(self) -> None:
        """Lets go of the probe and waits until it rests."""
        self._until_released(self.page.mouse.up)

    def _until_released(self, act: Callable[[], None]) -> None:
        before = self.page.evaluate("window.releases")
        act()
        self.page.wait_for_function("before => window.releases > before", arg=before)

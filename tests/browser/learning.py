"""The Learn page on a page of its own, without a server that trains."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page

PAGE = "/explorer/learn.html"
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass
class LearnPage:
    """A page with the lessons on it, and what its console complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        """Goes to the page at an address, with a lesson and its state where the address has them."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(address)
        self.ready()

    def ready(self, slug: str | None = None) -> None:
        """Waits until a lesson is open: this one, where it is named."""
        self.page.locator("[data-ready]" if slug is None else f"[data-ready={slug}]").wait_for()

    def painted(self) -> None:
        """Waits until what was changed last is on the screen, in pictures, numbers and words."""
        self.page.evaluate(PAINTED)

    @property
    def sentence(self) -> str:
        """What is said of what is seen, once that is painted."""
        self.painted()
        return self.page.locator(".sentence").inner_text()

    def handle(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True)

    def figure(self, row: str, column: int = 1) -> str:
        """A number of the table once it is painted, in words: ours in the first column, the oracle's in the second."""
        self.painted()
        return (
            self.page.locator(".figures tr", has=self.page.get_by_role("rowheader", name=row, exact=True))
            .locator("td")
            .nth(column - 1)
            .inner_text()
        )

    def middle(self, label: str) -> tuple[float, float]:
        """Where a handle is on the screen."""
        box = self.handle(label).locator(".knob").bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag(self, label: str, right: float, down: float = 0, steps: int = 8) -> None:
        """Takes a handle with the mouse, by so many pixels."""
        x, y = self.middle(label)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + right, y + down, steps=steps)
        self.page.mouse.up()

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@contextmanager
def learn_page(browser: Browser, address: str, query: str = "", **context: Any) -> Iterator[LearnPage]:
    """The lessons, opened; all files come from the address."""
    opened = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **context})
    try:
        learning = LearnPage(opened.new_page())
        learning.open(f"{address}{PAGE}{query}")
        yield learning
    finally:
        opened.close()

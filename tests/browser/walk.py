"""A walk through our pages in any browser: what is found on them, on whatever side of a shadow root, and a hand."""

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from harness.window import Place, Window, until

# All nodes, those in shadow roots among them, that fit a selector and, where there are words, are called so.
FIND = """(selector, words) => {
  const within = (node) => [node, ...(node.shadowRoot ? all(node.shadowRoot) : [])];
  const all = (root) => [...root.querySelectorAll("*")].flatMap(within);
  const called = (node) => node.getAttribute("aria-label") ?? node.textContent.trim();
  return all(document).filter((node) => node.matches(selector) && (words === null || called(node) === words));
}"""
IN_SIGHT = f"""(selector, words) => {{
  const node = ({FIND})(selector, words).find((node) => node.getClientRects().length > 0);
  if (!node) return null;
  node.scrollIntoView({{ block: "nearest" }});
  const {{ x, y, width, height }} = node.getBoundingClientRect();
  return [x, y, width, height];
}}"""
# The events of the explorer, in order.
RECORD = """() => {
  window.answers = [];
  window.strips = [];
  addEventListener("explorer:decoded", ({ detail }) => answers.push(detail));
  addEventListener("explorer:strip", ({ detail }) => strips.push(detail));
}"""
# Once a few frames have passed without another answer.
AT_REST = """async (least) => {
  for (let seen = -1, still = 0; still < 6; seen = answers.length) {
    await new Promise(requestAnimationFrame);
    still = seen === answers.length ? still + 1 : 0;
  }
  return answers.length > least ? answers : null;
}"""
CHOOSE_FILE = f"""(label, name, kind, content) => {{
  const input = ({FIND})("input[type=file]", label)[0];
  const chosen = new DataTransfer();
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  chosen.items.add(new File([bytes], name, {{ type: kind }}));
  input.files = chosen.files;
  input.dispatchEvent(new Event("change", {{ bubbles: true }}));
}}"""
# What is offered comes last on either page: real images near the probe, or images to make stops of.
COMPLETE = "() => document.querySelector('.neighbours button:not([hidden]), .offers button') !== null"


@dataclass
class Walk:
    """One window on one of our pages."""

    window: Window

    def open(self, url: str) -> None:
        """Goes to a page with an explorer on it, and waits until it is complete."""
        self.window.open(url)
        self.window.run(RECORD)
        self.wait_for("[data-ready=true]")
        until(self.window, COMPLETE)

    def wait_for(self, selector: str, words: str | None = None) -> tuple[float, float, float, float]:
        """The place and the size of what is there and in sight, once it is."""
        x, y, width, height = until(self.window, IN_SIGHT, selector, words)
        return x, y, width, height

    def centre(self, selector: str, words: str | None = None) -> Place:
        x, y, width, height = self.wait_for(selector, words)
        return x + width / 2, y + height / 2

    def click(self, selector: str, words: str | None = None) -> None:
        self.window.press(self.centre(selector, words))
        self.window.release()

    def choose_file(self, label: str, name: str, kind: str, content: bytes) -> None:
        """Hands a field a file."""
        self.window.run(CHOOSE_FILE, label, name, kind, base64.b64encode(content).decode())

    def drag(self, places: Sequence[Place]) -> list[dict[str, Any]]:
        """Takes what is at the first place through all others; what was decoded meanwhile and until all is at rest."""
        count = self.window.run("() => answers.length")
        self.window.press(places[0])
        self.window.move(places[1:])
        self.window.release()
        return list(until(self.window, AT_REST, count))[count:]

    def pixels(self, selector: str, words: str | None = None) -> np.ndarray:
        """The grey values of a canvas, (H, W) in [0, 1]."""
        url = self.window.run(f"(selector, words) => ({FIND})(selector, words)[0].toDataURL()", selector, words)
        return grey(base64.b64decode(url.partition(",")[2]))


def grey(picture: bytes) -> np.ndarray:
    """The grey values of a picture file, (H, W) in [0, 1]."""
    with Image.open(io.BytesIO(picture)) as image:
        return np.asarray(image.convert("L")) / 255


def line(start: Place, end: Place, steps: int) -> list[Place]:
    """Places from start to end, both among them."""
    return [
        (start[0] + (end[0] - start[0]) * step / steps, start[1] + (end[1] - start[1]) * step / steps)
        for step in range(steps + 1)
    ]


def report(walk: Walk) -> dict[str, Any]:
    """What the page of paths has told its host last."""
    return dict(json.loads(walk.window.run("() => JSON.stringify(reported.at(-1))")))

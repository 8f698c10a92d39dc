"""Two models of the digits, whose maps show different images in different orders, and one of other data, compared."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from playwright.sync_api import Browser, Locator, Page

from tests.browser.model import ExplorableModel, make_model
from vae_core.checkpoint.weights import load_checkpoint, save_checkpoint
from vae_core.explorer_files.latent_map import map_dataset
from vae_core.explorer_files.writer import write_explorer
from vae_core.projection.projection import Projection

NAMES = ("one", "two", "other")
SHOWN_BY_TWO = 900  # images; `one` shows all 1,438
RECORD = """
window.answers = [];
window.gathered = [];
document.addEventListener("compare:decoded", ({ detail }) => answers.push(detail));
document.addEventListener("compare:gathered", ({ detail }) => gathered.push(detail));
"""


@dataclass(frozen=True)
class ComparedModels:
    """`one` and `two` have learned the same images, their latents have opposite signs; `other` says it is of others."""

    root: Path
    one: ExplorableModel
    two: ExplorableModel

    @cached_property
    def rows(self) -> dict[int, int]:
        """By image, its point on the map of `two`."""
        return {int(image): row for row, image in enumerate(self.two.latent_map.indices)}

    @cached_property
    def shared(self) -> np.ndarray:
        """Which points of `one` show an image that `two` shows as well."""
        return np.array([int(image) in self.rows for image in self.one.latent_map.indices])

    def same_on_two(self, point: int) -> int:
        """The point of `two` that shows what a point of `one` shows."""
        return self.rows[int(self.one.latent_map.indices[point])]

    def nearest_shared(self, position: list[float]) -> int:
        """The point of `one` nearest to a position among those whose image `two` shows as well."""
        squares = ((self.one.positions - np.array(position)) ** 2).sum(1)
        return int(np.where(self.shared, squares, np.inf).argmin())


def make_compared(root: Path) -> ComparedModels:
    one = make_model(root / "one")
    turned = load_checkpoint(root / "one")
    with torch.no_grad():
        state = turned.model.state_dict()
        for name in ("encoder.mean.weight", "encoder.mean.bias", "decoder.0.weight"):
            state[name] = -state[name]
        turned.model.load_state_dict(state)
    save_checkpoint(root / "two", turned.model, one.checkpoint.summary.training, one.checkpoint.summary.data)
    checkpoint = load_checkpoint(root / "two")
    dataset = one.latent_map.dataset
    drawn = map_dataset(checkpoint.model, dataset, method="pca", points=SHOWN_BY_TWO, seed=5)
    projection = Projection("umap", drawn.projection.latents, drawn.projection.positions, linear=None, axes=None)
    second = dataclasses.replace(drawn, projection=projection)
    two = ExplorableModel(checkpoint, second, write_explorer(checkpoint, second, root / "two" / "explorer"))
    folder = write_explorer(checkpoint, second, root / "other" / "explorer")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["data"]["fingerprint"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return ComparedModels(root, one, two)


def compared_address(address: str, names: tuple[str, ...] = NAMES[:2]) -> str:
    """The page that compares models by these names, where a folder with all of them is served."""
    return f"{address}/explorer/standalone.html?" + "&".join(f"compare=/model/{name}/explorer/" for name in names)


@dataclass
class ComparisonPage:
    """A comparison in a browser, and what the browser has to say about it."""

    page: Page
    models: ComparedModels
    complaints: list[str] = field(default_factory=list)

    def side(self, letter: str) -> Locator:
        return self.page.locator("section.side").nth("ABCD".index(letter))

    def surface(self, letter: str) -> Locator:
        return self.side(letter).locator(".surface")

    def centre_of(self, locator: Locator) -> tuple[float, float]:
        box = locator.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def place_of(self, letter: str, position: np.ndarray) -> tuple[float, float]:
        """Where a position of a map that is fitted whole into its box is on the page."""
        model = self.models.one if letter == "A" else self.models.two
        left, bottom, right, top = model.latent_map.bounds
        box = self.surface(letter).bounding_box()
        assert box is not None
        scale = min(box["width"] / ((right - left) * 1.12), box["height"] / ((top - bottom) * 1.12))
        x, y = self.centre_of(self.surface(letter))
        across, up = (float(number) for number in position)
        return x + (across - (left + right) / 2) * scale, y - (up - (bottom + top) / 2) * scale

    def words(self) -> str:
        return self.page.locator(".stand").inner_text()

    def answers(self, name: str) -> list[dict[str, Any]]:
        """What a model has decoded, in order."""
        return [answer for answer in self.page.evaluate("answers") if answer["model"].split("/")[-3] == name]

    def at_rest(self) -> None:
        """Waits until every model shows the image of where it stands; what a hand did is known after a frame."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.page.locator(".comparison:not([data-decoding])").wait_for()

    def pixels(self, letter: str) -> np.ndarray:
        """A model's picture in the row of all, (H, W) in [0, 1]."""
        canvas = self.page.get_by_role("img", name=f"What {letter} decodes")
        values = canvas.evaluate(
            "(it) => [it.height, ...it.getContext('2d').getImageData(0, 0, it.width, it.height).data]"
        )
        return np.array(values[1:]).reshape(values[0], -1, 4)[..., 0] / 255


@contextmanager
def comparison_page(
    browser: Browser, address: str, models: ComparedModels, names: tuple[str, ...] = NAMES[:2], **context: Any
) -> Iterator[ComparisonPage]:
    """A comparison on a fresh page, whose models are all there."""
    opened = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
    page = opened.new_page()
    shown = ComparisonPage(page, models)
    page.on("console", lambda message: shown.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: shown.complaints.append(f"uncaught: {error}"))
    page.add_init_script(RECORD)
    try:
        page.goto(compared_address(address, names))
        page.wait_for_selector("[data-ready=true]")
        page.wait_for_load_state("networkidle")
        shown.at_rest()
        yield shown
    finally:
        opened.close()

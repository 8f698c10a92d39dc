"""Pictures of one's own: chosen, dropped, pasted or drawn, framed and encoded in the browser, and judged."""

import base64
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from harness.server import ROOT
from harness.standalone import PAGE, serving
from tests.browser.assistance import contrast
from tests.browser.standalone import CLOSE, RECORDER, ExplorerPage
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.data.dataset import Dataset, load_dataset
from vae_core.explorer_files.explorer_folder import read_manifest
from vae_core.model.vae import VAE

SHIPPED = ROOT / "checkpoints" / "mnist-16d"
A_CLASS = 10  # held-out digits of each class
NEIGHBOURS = 10
# Every draw from N(0, 1) becomes the same number: the transform of Box and Muller at one half twice.
FIXED = "window.chance ??= Math.random; Math.random = () => 0.5"
DRAW = -float(np.sqrt(2 * np.log(2)))


# Keeps back what is decoded for an ELBO.
HOLD_JUDGEMENTS = """() => {
  window.held = [];
  const send = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (call, ...rest) {
    const go = () => send.call(this, call, ...rest);
    if (held && call.task?.kind === "means") held.push(go);
    else go();
  };
}"""
# Keeps the next picture from being read until `letGo` has been called, and all that has to do with it is over.
HOLD_READING = """() => {
  const read = window.createImageBitmap;
  window.createImageBitmap = async (...given) => {
    window.createImageBitmap = read;
    const picture = await read(...given);
    await new Promise((go) => window.letGo = async () => {
      go();
      for (let frame = 0; frame < 10; frame++) await new Promise(requestAnimationFrame);
    });
    return picture;
  };
}"""

# The colour of an element's outline, if it has one, and that of the page, as the screen shows them.
OUTLINE_AND_GROUND = """(at) => {
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(at);
  const shown = (colour) => {
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return `rgb(${[...context.getImageData(0, 0, 1, 1).data].slice(0, 3)})`;
  };
  const ground = getComputedStyle(at.closest(".latent-explorer")).getPropertyValue("--background");
  return [outlineStyle, outlineWidth, shown(outlineColor), shown(ground)];
}"""


@dataclass
class Visitor:
    """The shipped digit model in a browser, and what torch and numpy know of it."""

    page: Page
    model: VAE
    latents: np.ndarray  # (N, D) of the points on the map
    labels: np.ndarray
    complaints: list[str]

    def encoded(self, file: bytes, name: str = "digit.png") -> list[float]:
        """The latent on which the probe comes to rest after a picture has been chosen."""
        before = self.releases()
        files = {"name": name, "mimeType": "image/png", "buffer": file}
        self.page.get_by_label("Choose a picture").set_input_files(files)  # type: ignore[arg-type]
        return self.rested(before)

    def releases(self) -> int:
        return int(self.page.evaluate("window.released?.length ?? 0"))

    def rested(self, before: int) -> list[float]:
        self.page.wait_for_function("before => (window.released?.length ?? 0) > before", arg=before)
        return [float(value) for value in self.page.evaluate("released.at(-1).latent")]

    def vote(self, latent: list[float]) -> int:
        """The class of most of the nearest points on the map."""
        nearest = np.argsort(np.linalg.norm(self.latents - np.array(latent), axis=1))[:NEIGHBOURS]
        return int(np.bincount(self.labels[nearest], minlength=10).argmax())

    def image(self, label: str) -> np.ndarray:
        """A canvas of the panel, (H, W) in [0, 1]."""
        url = self.page.get_by_role("img", name=label, exact=True).evaluate("canvas => canvas.toDataURL()")
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("L")) / 255


@pytest.fixture(scope="module")
def digits() -> Dataset:
    """Real digits that the shipped model has not seen."""
    for folder in (os.environ.get("LATENT_EXPLORER_DATA"), ROOT.parent / "shared" / "data"):
        if folder and (Path(folder) / "MNIST" / "raw").is_dir():
            return load_dataset("mnist", "test", data_dir=Path(folder))
    pytest.skip("no MNIST on this machine; name its folder in LATENT_EXPLORER_DATA")


@pytest.fixture(scope="module")
def visitor(chromium: Browser) -> Iterator[Visitor]:
    """The shipped model, open on the tab for one's own images."""
    folder = SHIPPED / "explorer"
    files = read_manifest(folder).files
    labels = np.fromfile(folder / files.labels.path, dtype=np.uint8)
    latents = np.fromfile(folder / files.latents.path, dtype=np.float16).reshape(len(labels), -1)
    with serving(folder) as address:
        context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
        page = context.new_page()
        model = load_checkpoint(SHIPPED).model
        opened = Visitor(page, model, latents.astype(np.float32), labels, [])
        page.on("console", lambda message: opened.complaints.append(message.text))
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.add_init_script(RECORDER)
        page.goto(address + PAGE)
        page.wait_for_selector("[data-ready=true]")
        page.wait_for_load_state("networkidle")
        page.get_by_role("tab", name="Your image").click()
        yield opened
        assert opened.complaints == []
        context.close()


def png(pixels: np.ndarray) -> bytes:
    """A picture file of grey pixels (H, W)."""
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def first_of(digits: Dataset, label: int) -> np.ndarray:
    return digits.images[digits.labels == label][0, 0].numpy()


def test_held_out_digits_land_among_their_own_class(visitor: Visitor, digits: Dataset) -> None:
    tried = [
        (label, image) for label in range(10) for image in digits.images[digits.labels == label][:A_CLASS, 0].numpy()
    ]
    latents = [visitor.encoded(png(image)) for _, image in tried]
    right = [visitor.vote(latent) == label for latent, (label, _) in zip(latents, tried, strict=True)]
    assert np.mean(right) >= 0.9
    with torch.inference_mode():
        batch = torch.from_numpy(np.stack([image for _, image in tried]))[:, None] / 255
        expected = visitor.model.posterior(batch).mean.numpy()
    assert np.abs(np.array(latents) - expected).max() < 2e-3  # pixel for pixel what the encoder has learned from


def test_a_chosen_picture_is_shown_decoded_and_judged(visitor: Visitor, digits: Dataset) -> None:
    page, pixels = visitor.page, first_of(digits, 2)
    page.evaluate(FIXED)
    before = visitor.releases()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a picture…").click()
    chooser.value.set_files({"name": "two.png", "mimeType": "image/png", "buffer": png(pixels)})
    latent = visitor.rested(before)
    figures = page.locator(".own-result p")
    expect(figures).to_have_text(re.compile("ELBO [−0-9]"))
    page.evaluate("Math.random = chance")
    x = torch.from_numpy(pixels)[None, None] / 255
    with torch.inference_mode():
        posterior = visitor.model.posterior(x)
        z = posterior.mean + DRAW * (posterior.log_variance / 2).exp()
        kl = float(posterior.kl_divergence())
        elbo = float(visitor.model.likelihood(z).log_prob(x)) - kl
        decoded = visitor.model.decode(posterior.mean)[0, 0].numpy()
    assert np.abs(visitor.image("Your image as the model sees it") - x[0, 0].numpy()).max() < CLOSE
    assert np.abs(visitor.image("Its reconstruction") - decoded).max() < CLOSE
    assert np.abs(visitor.image("Decoded image") - decoded).max() < CLOSE
    shown = [float(text.replace("−", "-")) for text in re.findall(r"[−\d.]+\d", figures.inner_text())]
    assert shown == pytest.approx([elbo, kl], abs=0.5)

    page.locator(".own-result").get_by_role("button", name="Pin").click()
    expect(page.locator(".pins .pin-name").last).to_have_value("two.png")
    before = visitor.releases()
    page.locator(".own-result").get_by_role("button", name="Sample").click()
    assert visitor.rested(before) != latent


def test_dark_ink_off_the_middle_of_a_large_page_lands_in_its_class(visitor: Visitor, digits: Dataset) -> None:
    for label in (3, 7):
        large = Image.fromarray(first_of(digits, label)).resize((180, 180), Image.Resampling.BICUBIC)
        page = Image.new("L", (300, 300))
        page.paste(large, (105, 15))
        assert visitor.vote(visitor.encoded(png(255 - np.asarray(page)))) == label


def test_a_picture_is_pasted(visitor: Visitor, digits: Dataset) -> None:
    pixels, page = first_of(digits, 4), visitor.page
    expected = visitor.encoded(png(pixels))
    page.evaluate(
        """async (content) => {
            const blob = await (await fetch(`data:image/png;base64,${content}`)).blob();
            await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
        }""",
        base64.b64encode(png(pixels)).decode(),
    )
    visitor.encoded(png(first_of(digits, 0)))
    before = visitor.releases()
    page.locator(".surface").press("Control+v")
    assert visitor.rested(before) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("place", [(300, 300), (5, 5)], ids=["on the map", "beside the explorer"])
def test_a_picture_is_dropped_anywhere(
    visitor: Visitor, digits: Dataset, tmp_path: Path, place: tuple[int, int]
) -> None:
    page, pixels = visitor.page, first_of(digits, 5)
    expected = visitor.encoded(png(pixels))
    visitor.encoded(png(first_of(digits, 0)))
    page.get_by_role("tab", name="Latent").click()
    (tmp_path / "five.png").write_bytes(png(pixels))
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(tmp_path / "five.png")], "dragOperationsMask": 1}
    before = visitor.releases()
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": place[0], "y": place[1], "data": data})
        expect(page.locator(".receiving")).to_have_count(1 if kind == "dragOver" else 0)
    assert visitor.rested(before) == pytest.approx(expected, abs=1e-5)
    expect(page.get_by_role("tab", name="Your image")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text("Drop the picture")).to_be_hidden()


def test_a_drawing_is_encoded_while_it_is_drawn(visitor: Visitor) -> None:
    page = visitor.page
    pad = page.get_by_role("img", name="Drawing pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    answers, before = page.evaluate("answers.length"), visitor.releases()
    page.mouse.move(box["x"] + 74, box["y"] + 24)
    page.mouse.down()
    page.mouse.move(box["x"] + 66, box["y"] + 70, steps=10)
    page.wait_for_function("before => answers.length > before", arg=answers)  # the hand has not let go
    assert visitor.releases() == before
    page.mouse.move(box["x"] + 58, box["y"] + 108, steps=10)
    page.mouse.up()
    assert visitor.vote(visitor.rested(before)) == 1
    expect(page.locator(".own-result p")).to_have_text(re.compile("ELBO [−0-9]"))
    expect(page.locator(".caption strong")).to_have_text(re.compile("1|Between the data"))
    nearest = page.get_by_role("group", name="Nearest real images").get_by_role("button")
    expect(nearest.first).to_have_accessible_name(re.compile("^1, image"))
    mark, probe = page.locator(".mark.pin", has_text="your image").bounding_box(), page.locator(".probe").bounding_box()
    assert mark is not None
    assert probe is not None
    assert (mark["x"], mark["y"]) == pytest.approx((probe["x"], probe["y"]), abs=1)
    page.locator(".bring").get_by_role("button", name="Clear").click()
    expect(page.locator(".own-result")).to_be_hidden()
    expect(page.locator(".mark.pin", has_text="your image")).to_have_count(0)
    assert visitor.image("Drawing pad").max() == 0


def test_a_picture_that_is_brought_takes_the_place_of_a_drawing(visitor: Visitor, digits: Dataset) -> None:
    pad = visitor.page.get_by_role("img", name="Drawing pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    before = visitor.releases()
    visitor.page.mouse.move(box["x"] + 74, box["y"] + 24)
    visitor.page.mouse.down()
    visitor.page.mouse.move(box["x"] + 58, box["y"] + 108, steps=5)
    visitor.page.mouse.up()
    visitor.rested(before)
    assert visitor.image("Drawing pad").max() == 1
    visitor.encoded(png(first_of(digits, 5)))
    assert visitor.image("Drawing pad").max() == 0


def test_a_file_that_is_no_picture_takes_the_place_of_nothing(visitor: Visitor, digits: Dataset) -> None:
    """Nor does what was being judged, whose ELBO comes after all else, take the place of words on that file."""
    page, field = visitor.page, visitor.page.get_by_label("Choose a picture")
    page.evaluate(HOLD_JUDGEMENTS)
    field.set_input_files({"name": "five.png", "mimeType": "image/png", "buffer": png(first_of(digits, 5))})
    page.wait_for_function("() => held?.length === 1")
    field.set_input_files({"name": "notes.png", "mimeType": "image/png", "buffer": b"not a picture"})
    expect(page.locator(".own [role=alert]")).to_contain_text("notes.png cannot be read.")
    figures = page.locator(".own-result p")
    expect(figures).to_contain_text("ELBO …")
    page.evaluate("() => { const [judge] = held; held = null; judge(); }")
    expect(figures).not_to_contain_text("…")
    expect(page.locator(".own [role=alert]")).to_contain_text("notes.png cannot be read.")
    visitor.encoded(png(first_of(digits, 5)))
    expect(page.locator(".own [role=alert]")).to_be_empty()


def test_a_picture_that_is_read_slowly_does_not_take_the_place_of_a_later_one(
    visitor: Visitor, digits: Dataset
) -> None:
    page, field = visitor.page, visitor.page.get_by_label("Choose a picture")
    page.evaluate(HOLD_READING)
    field.set_input_files({"name": "slow.png", "mimeType": "image/png", "buffer": png(first_of(digits, 3))})
    page.wait_for_function("window.letGo")
    later = visitor.encoded(png(first_of(digits, 5)))
    page.evaluate("letGo()")
    before = visitor.releases()
    assert visitor.encoded(png(first_of(digits, 5))) == later
    assert visitor.releases() == before + 1


def test_what_is_no_picture_or_empty_is_said_in_words(visitor: Visitor) -> None:
    before, page = visitor.releases(), visitor.page
    for content, name, words in (
        (b"not a picture", "notes.png", "notes.png cannot be read."),
        (b"", "nothing.png", "nothing.png cannot be read."),
        (png(np.full((28, 28), 255)), "blank.png", "The picture is empty"),
    ):
        files = {"name": name, "mimeType": "image/png", "buffer": content}
        page.get_by_label("Choose a picture").set_input_files(files)  # type: ignore[arg-type]
        expect(page.locator(".own [role=alert]")).to_contain_text(words)
    assert visitor.releases() == before


def test_a_draw_from_a_points_posterior(explorer: ExplorerPage) -> None:
    page, model = explorer.page, explorer.model
    point = explorer.answers()[0]["point"]
    page.evaluate(FIXED)
    answers = len(explorer.answers())
    page.locator(".latents").get_by_role("button", name="Sample").click()
    drawn = explorer.wait_for_answer(answers)["latent"]
    with torch.inference_mode():
        image = model.latent_map.dataset.batch(model.latent_map.indices[[point]])
        deviation = (model.checkpoint.model.posterior(image).log_variance[0] / 2).exp()
    assert drawn == pytest.approx((model.stored_latent(point) + DRAW * deviation).tolist(), abs=1e-3)
    expect(page.locator(".latents").get_by_role("button", name="Sample")).to_be_disabled()  # no longer on a point


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pad_and_what_the_model_sees_have_an_edge(explorer: ExplorerPage, scheme: Literal["light", "dark"]) -> None:
    """On any ground: many a model's images are as white as the page."""
    explorer.page.emulate_media(color_scheme=scheme)
    explorer.page.get_by_role("tab", name="Your image").click()
    for canvas in explorer.page.locator(".pad, .own-result canvas").all():
        style, width, colour, ground = canvas.evaluate(OUTLINE_AND_GROUND)
        assert (style, width) == ("solid", "1px")
        assert contrast(colour, ground) >= 3

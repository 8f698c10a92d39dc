"""Pictures of a person's own data set, handed to the explorer: the model sees the very pixels that it learned from."""

import base64
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image
from playwright.sync_api import Browser, Page
from torch import Tensor

from harness.standalone import PAGE, serving
from tests.browser.standalone import RECORDER
from tests.picture_archives import encoded, packed
from vae_core.checkpoint.provenance import DataDescription
from vae_core.checkpoint.weights import build_model, save_checkpoint
from vae_core.config import Crop, ModelConfig, TrainConfig
from vae_core.data.dataset import Dataset, load_dataset
from vae_core.explorer_files import writer
from vae_core.explorer_files.manifest import DataPart
from vae_core.explorer_files.writer import project_checkpoint
from vae_core.model.vae import VAE

SIZE = 16
PICTURES = 6
CHOSEN = 2  # of a kind
TURNED = 6  # EXIF's word for a camera that was held on its side
LARGE = (2400, 1700)  # more than decode() keeps every pixel of
Draw = Callable[[int], Image.Image]


def smooth(seed: int, width: int, height: int, channels: int) -> np.ndarray:
    """Soft shapes over the whole range of bytes, uint8 (height, width, channels)."""
    noise = np.random.default_rng(seed).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    grown = [Image.fromarray(noise[..., band]).resize((width, height)) for band in range(channels)]
    return np.stack([np.asarray(band) for band in grown], axis=-1)


def oblong(seed: int) -> Image.Image:
    return Image.fromarray(smooth(seed, 90, 60, 3))


def tall(seed: int) -> Image.Image:
    return Image.fromarray(smooth(seed, 30, 119, 3))


def large(seed: int) -> Image.Image:
    return Image.fromarray(smooth(seed, *LARGE, 3))


def photograph(seed: int) -> Image.Image:
    return Image.fromarray(smooth(seed, 640, 480, 3))


def bright_on_nothing(seed: int) -> Image.Image:
    """White but for its opacity: on a white ground there would be nothing."""
    pixels = np.full((60, 90, 4), 255, dtype=np.uint8)
    pixels[..., 3] = smooth(seed, 90, 60, 1)[..., 0]
    return Image.fromarray(pixels)


def coloured_glass(seed: int) -> Image.Image:
    return Image.fromarray(smooth(seed, 50, 40, 4))


def twelve_bits(seed: int) -> Image.Image:
    """As cameras write them: sixteen bits a pixel, of which four are never used."""
    levels = smooth(seed, 90, 60, 1)[..., 0].astype(np.uint16) * 16 + np.arange(90, dtype=np.uint16) % 16
    return Image.fromarray(levels)


def few_levels(seed: int) -> Image.Image:
    return Image.fromarray(smooth(seed, 90, 60, 1)[..., 0] // 16)


@pytest.fixture(autouse=True, scope="module")
def _graphs_made_once() -> Iterator[None]:
    """Models of as many channels are equal here: so are their graphs."""

    def once(make: Callable[..., bytes]) -> Callable[..., bytes]:
        kept: dict[int, bytes] = {}

        def made(model: VAE, *latents: Tensor) -> bytes:
            channels = model.config.channels
            if channels not in kept:
                kept[channels] = make(model, *latents)
            return kept[channels]

        return made

    with pytest.MonkeyPatch.context() as patch:
        for name in ("compact_decoder_graph", "encoder_graph"):
            patch.setattr(writer, name, once(getattr(writer, name)))
        yield


@dataclass
class OwnSet:
    """A model of a person's own pictures in a browser, and what training made of them."""

    page: Page
    dataset: Dataset
    data: DataPart
    files: dict[str, bytes]

    def learned(self, name: str) -> np.ndarray:
        """What training made of a file, uint8 (C, SIZE, SIZE)."""
        return self.dataset.images[self.dataset.names.index(name)].numpy()

    def seen(self, name: str, content: bytes) -> np.ndarray:
        """What the model sees of a file that is chosen, uint8 (C, SIZE, SIZE)."""
        moved = self.page.evaluate("window.released?.length ?? 0")
        kind = "image/jpeg" if name.endswith("jpg") else "image/png"
        file = {"name": name, "mimeType": kind, "buffer": content}
        self.page.get_by_label("Choose a picture").set_input_files(file)  # type: ignore[arg-type]
        self.page.wait_for_function("moved => (window.released?.length ?? 0) > moved", arg=moved)
        canvas = self.page.get_by_role("img", name="Your image as the model sees it", exact=True)
        url = canvas.evaluate("canvas => canvas.toDataURL()")
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB"))
        return shown.transpose(2, 0, 1)[: self.dataset.channels]


@contextmanager
def explored(
    chromium: Browser,
    folder: Path,
    draw: Draw,
    crop: Crop = "middle",
    form: str = "PNG",
    count: int = PICTURES,
    **options: object,
) -> Iterator[OwnSet]:
    """A model of pictures, in an archive called as a data set of the catalogue; its console must stay clean."""
    suffix = "jpg" if form == "JPEG" else "png"
    files = {f"{number}.{suffix}": encoded(draw(number), form, **options) for number in range(count)}
    archive = packed(folder / "mnist.zip", files)
    dataset = load_dataset(archive, image_size=SIZE, crop=crop)
    shape = {"image_size": SIZE, "channels": dataset.channels}
    config = ModelConfig.parse({"network": "linear", "latent_dim": 2, "likelihood": "gaussian", **shape})
    model = build_model(config, seed=0)
    described = DataDescription(name=dataset.name, fingerprint=dataset.fingerprint, images=len(dataset))
    save_checkpoint(folder / "model", model, TrainConfig(data=str(archive), crop=crop), described)
    manifest = project_checkpoint(folder / "model", dataset)
    with serving(folder / "model" / "explorer") as address:
        page = chromium.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.add_init_script(RECORDER)
        page.goto(address + PAGE)
        page.wait_for_selector("[data-ready=true]")
        page.get_by_role("tab", name="Your image").click()
        yield OwnSet(page, dataset, manifest.data, files)
        assert complaints == []
        page.close()


@pytest.mark.parametrize(
    ("draw", "crop", "told"),
    [
        pytest.param(oblong, "middle", ("crop", "white", [0, 255]), id="colour"),
        pytest.param(oblong, "padded", ("padded", "white", [0, 255]), id="padded"),
        pytest.param(tall, "padded", ("padded", "white", [0, 255]), id="padded-tall"),
        pytest.param(bright_on_nothing, "middle", ("crop", "black", [0, 255]), id="bright-on-nothing"),
        pytest.param(coloured_glass, "middle", ("crop", "white", [0, 255]), id="half-transparent"),
        pytest.param(few_levels, "middle", ("crop", "white", [0, 15]), id="few-levels"),
        pytest.param(twelve_bits, "middle", ("crop", "white", [0, 255]), id="twelve-bits"),
        pytest.param(twelve_bits, "padded", ("padded", "white", [0, 255]), id="twelve-bits-padded"),
    ],
)
def test_a_training_picture_is_seen_as_it_was_learned(
    chromium: Browser, tmp_path: Path, draw: Draw, crop: Crop, told: tuple[str, str, list[float]]
) -> None:
    with explored(chromium, tmp_path, draw, crop) as own:
        assert (own.data.framing, own.data.ground, own.data.levels) == told
        for name in own.dataset.names[:CHOSEN]:
            np.testing.assert_array_equal(own.seen(name, own.files[name]), own.learned(name))


def test_a_picture_of_more_pixels_than_training_keeps_is_seen_as_it_was_learned(
    chromium: Browser, tmp_path: Path
) -> None:
    with explored(chromium, tmp_path, large, "padded", count=2, compress_level=1) as own:
        name = own.dataset.names[0]
        np.testing.assert_array_equal(own.seen(name, own.files[name]), own.learned(name))


def test_a_turned_photograph_is_seen_nearly_as_it_was_learned(chromium: Browser, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = TURNED
    with explored(chromium, tmp_path, photograph, form="JPEG", quality=85, exif=exif) as own:
        for name in own.dataset.names[:CHOSEN]:
            difference = own.seen(name, own.files[name]).astype(int) - own.learned(name)
            assert np.abs(difference).mean() < 2  # training lets the decoder itself make large ones smaller


def test_a_model_of_colours_is_drawn_for_in_colours(chromium: Browser, tmp_path: Path) -> None:
    """The pad is filled with one colour and crossed by another; the model sees both."""
    with explored(chromium, tmp_path, oblong) as own:
        colour = own.page.get_by_label("Colour to draw with")
        colour.fill("#2060c0")
        own.page.get_by_role("button", name="Fill").click()
        colour.fill("#f0d010")
        pad = own.page.get_by_role("img", name="Drawing pad")
        box = pad.bounding_box()
        assert box is not None
        own.page.mouse.move(box["x"] + 4, box["y"] + box["height"] / 2)
        own.page.mouse.down()
        own.page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2, steps=8)
        own.page.mouse.up()
        canvas = own.page.get_by_role("img", name="Your image as the model sees it", exact=True).element_handle()
        pixel = "(canvas, y) => canvas.getContext('2d').getImageData(8, y, 1, 1).data"
        # A line is hardly wider than a pixel of the model's, and mixes with what it is drawn on.
        own.page.wait_for_function(f"canvas => ({pixel})(canvas, 8)[0] > ({pixel})(canvas, 8)[2]", arg=canvas)
        assert own.page.evaluate(f"canvas => [...({pixel})(canvas, 1)]", canvas) == [0x20, 0x60, 0xC0, 255]


def test_a_grey_model_has_no_colours_to_choose(chromium: Browser, tmp_path: Path) -> None:
    with explored(chromium, tmp_path, few_levels) as own:
        assert own.page.get_by_label("Colour to draw with").count() == 0

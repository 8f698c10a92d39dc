"""Where stops come from: the data, the tray, the classes' means, the prior, and pictures of one's own."""

import io
import json

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.browser.interpolation import PathPage, Stop
from tests.browser.model import LATENT_DIM, ExplorableModel
from vae_core.explorer_files.explorer_folder import read_manifest

# Every draw from N(0, 1) becomes the same number: the transform of Box and Muller at one half twice.
FIXED = "window.chance ??= Math.random; Math.random = () => 0.5"
DRAW = -float(np.sqrt(2 * np.log(2)))


def storage_key(model: ExplorableModel) -> str:
    manifest = read_manifest(model.folder)
    return f"latent-explorer/pins/{manifest.name}/{manifest.files.decoder.path}"


def offers(paths: PathPage, group: str) -> Locator:
    return paths.page.get_by_role("group", name=group).get_by_role("button")


def added(paths: PathPage, button: Locator) -> Stop:
    """The stop that a press on a button adds, which must be on the screen."""
    before = len(paths.scene().stops)
    report = paths.after(button.click)
    stops = paths.scene().stops
    assert len(stops) == before + 1
    assert paths.shows_frames_of(report)
    assert paths.shows(paths.page.locator(".stops canvas").last, stops[-1].latent)
    expect(paths.page.locator(".stops li > button:first-child").last).to_have_attribute("aria-pressed", "true")
    return stops[-1]


def test_stops_come_from_the_data_by_class_and_by_number(paths: PathPage) -> None:
    page, model = paths.page, paths.model
    paths.open_picker("Data")
    paths.choice("Class").select_option("3")
    images = offers(paths, "Images of the data")
    expect(images).to_have_count(12)
    seen = set()
    for _ in range(2):
        names = [image.get_attribute("aria-label") or "" for image in images.all()]
        points = [int(name.split("image ")[1].replace(",", "")) - 1 for name in names]
        assert set(model.labels[points]) == {3}
        assert all(name.startswith(f"Add {model.name_of(3)}, ") for name in names)
        seen |= set(points)
        paths.button("More").click()
        expect(images.first).not_to_have_accessible_name(names[0])
    assert len(seen) == 24
    paths.button("Back").click()
    paths.button("Back").click()
    expect(images.first).to_have_accessible_name(f"Add {model.name_of(3)}, image {min(seen) + 1:,}")
    assert added(paths, images.first).latent == model.stored_latent(min(seen)).tolist()

    number = page.get_by_role("spinbutton", name="Number of an image")
    number.fill("17")
    stop = added(paths, paths.button("Add"))
    assert stop.latent == model.stored_latent(16).tolist()
    assert stop.position == pytest.approx(model.positions[16].tolist())
    message, count = page.locator(".picker [role=alert]"), len(model.labels)
    for wrong in ("0", str(count + 1), "1.5", "-3"):
        number.fill(wrong)
        number.press("Enter")
        expect(message).to_have_text(f"There is no image {wrong}: give one from 1 to {count:,}.")
    number.fill(str(count))
    paths.after(lambda: number.press("Enter"))
    expect(message).to_be_empty()
    assert paths.scene().stops[-1].latent == model.stored_latent(count - 1).tolist()


def test_a_path_has_six_stops_at_most(paths: PathPage) -> None:
    paths.open_picker("Prior")
    draw = paths.button("Draw from N(0, I)")
    drawn = [added(paths, draw).latent for _ in range(3)]
    assert len({tuple(latent) for latent in drawn}) == 3
    draw.click()
    expect(paths.page.get_by_text("A path has at most 6 stops: remove one first.")).to_be_visible()
    assert len(paths.names()) == 6
    paths.after(paths.page.get_by_role("button", name="Remove the stop").first.click)
    assert len(paths.scene().stops) == 5
    paths.page.evaluate(FIXED)
    assert added(paths, draw).latent == pytest.approx([DRAW] * LATENT_DIM)
    paths.page.evaluate("Math.random = chance")


def test_a_classes_mean_is_that_of_its_latents(paths: PathPage) -> None:
    model = paths.model
    paths.open_picker("Class means")
    means = offers(paths, "Means of the classes")
    expect(means).to_have_count(10)
    stop = added(paths, paths.button(f"Add mean of {model.name_of(7)}"))
    assert stop.name == f"mean of {model.name_of(7)}"
    assert stop.latent == pytest.approx(model.latents[model.labels == 7].mean(0).tolist(), abs=1e-4)
    assert paths.shows(means.nth(7).locator("canvas"), stop.latent)


def test_a_pinned_frame_becomes_a_stop_and_is_kept(paths: PathPage) -> None:
    page = paths.page
    paths.open_picker("Tray")
    expect(page.get_by_text("The tray is empty")).to_be_visible()
    paths.sheet.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    paths.surface.press("p")
    expect(page.get_by_text("Pinned to the tray")).to_be_visible()
    pins = offers(paths, "Pins of the tray")
    expect(pins).to_have_count(1)
    latent = paths.report()["latents"][5]
    stop = added(paths, paths.button("Add frame 6"))
    assert (stop.name, stop.latent) == ("frame 6", latent)
    paths.button("Pin frame").click()
    expect(pins).to_have_count(2)
    kept = json.loads(page.evaluate("key => localStorage.getItem(key)", storage_key(paths.model)))
    assert [pin["latent"] for pin in kept] == [latent, paths.report()["latents"][5]]


def test_pins_of_the_explore_page_are_offered(paths: PathPage) -> None:
    latents = [[0.5, -1.0, 1.5, 0.0, 2.0, -0.5], [0.0] * LATENT_DIM]
    stored = [
        {"id": "a", "name": "a seven", "latent": latents[0]},
        {"id": "b", "name": "the middle", "latent": latents[1]},
        {"id": "c", "name": "of another model", "latent": [0.0] * (LATENT_DIM + 1)},
    ]
    paths.reset(storage={storage_key(paths.model): json.dumps(stored)})
    paths.open_picker("Tray")
    pins = offers(paths, "Pins of the tray")
    expect(pins).to_have_count(2)
    for name, latent in zip(("a seven", "the middle"), latents, strict=True):
        stop = added(paths, paths.button(f"Add {name}"))
        assert (stop.name, stop.latent) == (name, latent)


def test_a_full_tray_takes_no_frame(paths: PathPage) -> None:
    pins = [{"id": str(number), "name": f"{number}", "latent": [0.0] * LATENT_DIM} for number in range(24)]
    paths.reset(storage={storage_key(paths.model): json.dumps(pins)})
    paths.button("Pin frame").click()
    expect(paths.page.get_by_text("The tray is full (24)")).to_be_visible()


def test_ones_own_picture_becomes_a_stop(paths: PathPage) -> None:
    page, model = paths.page, paths.model
    image = model.latent_map.dataset.batch(torch.tensor([40]))  # (1, 1, 8, 8)
    paths.open_picker("Your image")
    chooser = page.get_by_label("Choose a picture", exact=True)

    def choose(name: str, content: bytes) -> None:
        chooser.set_input_files({"name": name, "mimeType": "image/png", "buffer": content})

    file = io.BytesIO()
    Image.fromarray((image[0, 0].numpy() * 255).round().astype(np.uint8)).save(file, "PNG")
    report = paths.after(lambda: choose("mine.png", file.getvalue()))
    stop = paths.scene().stops[-1]
    with torch.inference_mode():
        expected = model.checkpoint.model.posterior(image).mean[0].tolist()
    assert stop.name == "mine.png"
    assert stop.latent == pytest.approx(expected, abs=0.02)
    assert paths.shows_frames_of(report)

    message = page.locator(".picker [role=alert]")
    choose("notes.png", b"not a picture")
    expect(message).to_contain_text("notes.png cannot be read.")
    empty = io.BytesIO()
    Image.new("L", (8, 8)).save(empty, "PNG")
    choose("blank.png", empty.getvalue())
    expect(message).to_contain_text("The picture is empty")
    assert len(paths.names()) == 4

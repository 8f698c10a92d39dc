"""What leaves the page of paths: pictures, numbers, and a link to the scene on show."""

import csv
import io
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browser.interpolation import SIZE, PathPage, Scene, path_page
from tests.browser.model import LATENT_DIM, ExplorableModel
from tests.browser.standalone import CLOSE


def saved(paths: PathPage, form: str) -> tuple[str, bytes]:
    """The name and the content of what a press on Save hands over."""
    paths.choice("Save as").select_option(form)
    with paths.page.expect_download() as download:
        paths.button("Save").click()
    expect(paths.page.get_by_role("group", name="Take it away").get_by_role("status")).to_have_text("Saved.")
    return download.value.suggested_filename, download.value.path().read_bytes()


def tiles_of(content: bytes, side: int, columns: int, rows: int) -> np.ndarray:
    """A picture's tiles at the model's own resolution, row by row: (F, H, W) in [0, 1]."""
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "PNG"
        assert image.size == (columns * side, rows * side)
        pixels = np.asarray(image.convert("L"))
    factor = side // SIZE
    small = pixels[factor // 2 :: factor, factor // 2 :: factor] / 255
    assert np.array_equal(np.repeat(np.repeat(small * 255, factor, 0), factor, 1).round(), pixels)  # crisp squares
    return small.reshape(rows, SIZE, columns, SIZE).swapaxes(1, 2).reshape(-1, SIZE, SIZE)


def test_a_path_is_saved_as_a_strip(paths: PathPage) -> None:
    paths.choice("Size").select_option("128")
    name, content = saved(paths, "png")
    assert name == "digits path.png"
    frames = tiles_of(content, 128, 24, 1)
    assert np.abs(frames - paths.decoded(paths.report()["latents"])).max() < CLOSE
    first, *_, last = paths.scene().stops
    assert np.abs(frames[[0, -1]] - paths.decoded([first.latent, last.latent])).max() < CLOSE


def test_a_saved_path_has_as_many_frames_as_are_wanted(paths: PathPage) -> None:
    count = paths.page.get_by_role("spinbutton", name="Frames of the film")
    expect(count).to_have_value("24")
    count.fill("7")
    _, content = saved(paths, "csv")
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))[1:]
    assert len(rows) == 7
    latents = np.array([row[1:] for row in rows], dtype=np.float32)
    first, *_, last = paths.scene().stops
    assert np.array_equal(latents[[0, -1]], np.array([first.latent, last.latent], dtype=np.float32))
    assert latents.shape == (7, LATENT_DIM)
    assert len(tiles_of(saved(paths, "png")[1], 256, 7, 1)) == 7
    for wrong in ("1", "121", "2.5", ""):
        count.fill(wrong)
        paths.button("Save").click()
        expect(paths.page.get_by_text("The number of frames is a whole one from 2 to 120.")).to_be_visible()
        expect(count).to_be_focused()
    assert len(paths.tiles()) == 24


def test_a_grid_is_saved_as_a_picture_and_as_numbers(paths: PathPage) -> None:
    report = paths.after(lambda: paths.button("Grid").click())
    paths.choice("Size").select_option("128")
    name, content = saved(paths, "png")
    assert name == "digits grid.png"
    assert np.abs(tiles_of(content, 128, 9, 9) - paths.decoded(report["latents"])).max() < CLOSE
    name, content = saved(paths, "csv")
    assert name == "digits grid.csv"
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))[1:]
    read = np.array([row[1:] for row in rows], dtype=np.float32)
    assert np.array_equal(read, np.array(report["latents"], dtype=np.float32))


def test_a_look_at_the_grid_leaves_the_path_its_format(paths: PathPage) -> None:
    paths.choice("Save as").select_option("csv")
    paths.after(lambda: paths.button("Grid").click())
    expect(paths.choice("Save as")).to_have_value("png")
    paths.after(lambda: paths.button("Path").click())
    expect(paths.choice("Save as")).to_have_value("csv")


def arrange(paths: PathPage) -> Scene:
    """A scene that differs from the first one in all that a link holds."""
    paths.after(paths.page.get_by_role("button", name="Remove the stop").nth(1).click)
    paths.choose("B")
    paths.after(lambda: paths.page.mouse.click(*paths.free_place()))
    for name in ("Line", "Even in the image"):
        paths.after(paths.button(name).click)
    paths.choice("How it repeats").select_option("once")
    paths.choice("Frames a second").select_option("4")
    paths.range("Beyond", 0.25)
    paths.range("Frames", 10)
    paths.sheet.focus()
    for _ in range(6):
        paths.page.keyboard.press("ArrowRight")
    paths.button("Copy link").click()
    link = paths.page.evaluate("navigator.clipboard.readText()")
    return Scene(parse_qs(urlsplit(link).query)["scene"][0])


def expect_scene(paths: PathPage, scene: Scene) -> None:
    """Whether the page shows a scene of `arrange`."""
    shown = paths.scene()
    assert vars(shown) == vars(scene)
    for name in ("Path", "Line", "Even in the image"):
        expect(paths.button(name)).to_have_attribute("aria-pressed", "true")
    expect(paths.page.get_by_role("slider", name="Beyond", exact=True)).to_have_value("0.25")
    expect(paths.choice("How it repeats")).to_have_value("once")
    expect(paths.choice("Frames a second")).to_have_value("4")
    expect(paths.sheet).to_have_attribute("aria-valuenow", "7")
    assert paths.shows_frames_of(paths.report())
    assert np.abs(paths.picture("canvas.decoded")[..., 0] / 255 - paths.tiles()[6]).max() < CLOSE
    for letter, stop in zip("AB", scene.stops, strict=True):
        assert paths.stop(letter) == pytest.approx(paths.place_of(stop.position), abs=0.5)


def test_a_link_opens_the_same_scene_in_another_window(
    paths: PathPage, chromium: Browser, address: str, model: ExplorableModel
) -> None:
    scene = arrange(paths)
    expect(paths.page.get_by_text("Link copied")).to_be_visible()
    assert scene.frame == 6
    link = paths.page.evaluate("navigator.clipboard.readText()")
    text = parse_qs(urlsplit(link).query)["scene"][0]
    with path_page(chromium, address, model, query=f"&scene={text}") as other:
        expect_scene(other, scene)
        assert other.complaints == []


def test_a_grid_comes_back_by_its_link(paths: PathPage) -> None:
    paths.after(lambda: paths.button("Grid").click())
    report = paths.range("Side", 6)
    scene = report["scene"]
    assert paths.reset()["scene"] != scene
    again = paths.reset(scene)
    assert again["scene"] == scene
    assert (again["shape"], again["latents"]) == ("grid", report["latents"])
    assert paths.shows_frames_of(again)


def test_without_a_clipboard_the_link_is_shown(paths: PathPage) -> None:
    page = paths.page
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })")
    paths.after(paths.page.get_by_role("button", name="Remove the stop").nth(1).click)
    before = paths.scene()
    paths.button("Copy link").click()
    link = page.get_by_label("Copy the link from here").input_value()
    page.goto(link)
    paths.wait_for_report(0)
    assert vars(paths.scene()) == vars(before)
    text = parse_qs(urlsplit(link).query)["scene"][0]
    page.goto(link.replace(text, text[:-9]))
    paths.wait_for_report(0)
    assert len(paths.scene().stops) == 3  # it opens as it would without


def test_a_link_made_up_by_hand_does_not_break_the_page(paths: PathPage) -> None:
    first = paths.scene()
    for words in (["length"] * 4, ["at", 0, 0, 0], ["__proto__"] * 4):
        opened = paths.reset(paths.made_up(words))
        assert Scene(opened["scene"]).stops == first.stops
        assert paths.shows_frames_of(opened)
        assert opened["shape"] == "path"

"""A published site on a plain host below a sub-path, in each browser: what it shows, asks for and hands over."""

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from harness import debian
from harness.chromium import chromium_window
from harness.firefox import find_firefox, firefox_window
from harness.server import ROOT
from harness.static_host import SUB_PATH, StaticHost, static_host
from harness.window import Window, downloaded, until
from tests.browser.assistance import AXE
from tests.browser.model import ExplorableModel
from tests.browser.standalone import CLOSE
from tests.browser.walk import FIND, Walk, line
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.sharing.static_site import write_site

WINDOWS: dict[str, Callable[[Path], AbstractContextManager[Window]]] = {
    "chromium": chromium_window,
    "firefox": firefox_window,
}
MODEL = "digits"
MOVES = 40
FRAMES = 24
SIZE = 8  # pixels a side of the model's images
FETCHED = "() => performance.getEntriesByType('resource').map(({ name }) => name)"
CHOOSE = f"""(label, value) => {{
  const list = ({FIND})("label.select > span", label)[0].nextElementSibling;
  list.value = value;
  list.dispatchEvent(new Event("change"));
}}"""
# Without a clipboard a link is shown, to be copied by hand.
WITHOUT_CLIPBOARD = "() => Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })"
LINK = f"() => ({FIND})('input', 'Copy the link from here')[0]?.value"
BARRIERS = f"""async () => {{
  {AXE.read_text()}
  const {{ violations }} = await axe.run("#site", {{ resultTypes: ["violations"] }});
  return violations.flatMap(({{ id, nodes }}) => nodes.map(({{ html }}) => `${{id}}: ${{html.slice(0, 160)}}`));
}}"""
DARK = "() => getComputedStyle(document.querySelector('.latent-explorer')).backgroundColor === 'rgb(15, 18, 24)'"


@pytest.fixture(scope="module")
def host(model: ExplorableModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StaticHost]:
    """A site of a small model and a shipped one, with a page of somebody's own beside it."""
    folder = tmp_path_factory.mktemp("host")
    write_site([model.folder.parent, ROOT / "checkpoints" / "mnist-16d"], folder / "site")
    shutil.copy(ROOT / "examples" / "decode.html", folder / "site")
    with static_host(folder / "site") as running:
        yield running


@pytest.fixture(scope="module", params=WINDOWS)
def window(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    name: str = request.param
    if name == "firefox" and find_firefox() is None:
        hint = "`python -m harness.equipment` installs it on Debian, as root"
        assert not debian.can_install(), f"there is no Firefox, though {hint}"
        pytest.skip(f"there is no Firefox: {hint}")
    with WINDOWS[name](tmp_path_factory.mktemp(name)) as opened:
        yield opened


@pytest.fixture
def walk(window: Window, host: StaticHost) -> Iterator[Walk]:
    """A walk through the site on which nothing is refused, missing or asked for elsewhere."""
    window.open("about:blank")  # what is the same but for its fragment is not loaded anew
    host.answers.clear()
    yield Walk(window)
    assert window.complaints == []  # a policy that is not kept would be among them
    fetched = window.run(FETCHED)
    assert fetched
    assert [url for url in fetched if not url.startswith((host.url, "blob:", "data:"))] == []
    assert [
        answer for answer in host.answers if answer[1] not in (200, 304) or not answer[0].startswith(SUB_PATH)
    ] == []


def decoded(model: ExplorableModel, latents: Any) -> np.ndarray:
    """What torch decodes: (F, H, W)."""
    return np.stack([model.decode([float(value) for value in latent]).numpy() for latent in latents])


def drag_probe(walk: Walk, dx: int, dy: int) -> list[float]:
    """Takes the probe to a place beside the map's middle; the last latent that was decoded."""
    x, y = walk.centre(".surface")
    seen = walk.drag(line(walk.centre(".probe"), (x + dx, y + dy), MOVES))
    assert len({tuple(answer["position"]) for answer in seen}) > MOVES / 6
    latent: list[float] = seen[-1]["latent"]
    return latent


def link(walk: Walk) -> str:
    """What "Copy link" gives."""
    walk.window.run(WITHOUT_CLIPBOARD)
    walk.click("button", "Copy link")
    return str(until(walk.window, LINK))


def test_the_image_follows_the_hand_and_is_torchs(walk: Walk, host: StaticHost, model: ExplorableModel) -> None:
    walk.open(f"{host.url}#model={MODEL}")
    latent = drag_probe(walk, -80, 60)
    assert np.abs(walk.pixels("canvas.decoded") - model.decode(latent).numpy()).max() < CLOSE


def test_a_link_opens_the_same_place(walk: Walk, host: StaticHost) -> None:
    walk.open(f"{host.url}index.html#model={MODEL}")
    drag_probe(walk, -60, 40)
    shown = walk.pixels("canvas.decoded")
    address = link(walk)
    assert urlsplit(address).query == ""
    drag_probe(walk, 90, -70)
    assert np.abs(walk.pixels("canvas.decoded") - shown).max() > CLOSE
    walk.window.open("about:blank")
    walk.open(address)
    assert np.abs(walk.pixels("canvas.decoded") - shown).max() < CLOSE


def test_pages_and_models_are_links_and_share_the_tray(walk: Walk, host: StaticHost, model: ExplorableModel) -> None:
    walk.open(f"{host.url}#model=nobody")
    until(walk.window, "() => document.querySelector('.notice').textContent.includes('no model nobody')")
    assert walk.window.run("() => location.hash") == f"#model={MODEL}&page=explore"
    walk.click("button", "Pin")
    walk.click("a", "Interpolate")
    until(walk.window, f"() => document.title === '{MODEL} · Interpolate · Latent Explorer'")
    until(walk.window, "() => document.querySelector('.interpolation .offers button') !== null")
    walk.click("summary")
    walk.click("[role=tab]", "Tray")
    pins = "() => document.querySelectorAll('[aria-label=\"Pins of the tray\"] button').length"
    assert until(walk.window, pins) == 1
    walk.click("a", "mnist-16d")
    until(walk.window, "() => document.title.startsWith('mnist-16d · Interpolate')")
    walk.wait_for("[data-ready=true]")
    walk.window.run("() => history.back()")
    until(walk.window, f"() => document.title.startsWith('{MODEL} · Interpolate')")
    walk.wait_for("[data-ready=true]")
    assert model.checkpoint.summary.name == MODEL


def test_a_model_that_the_query_asks_for_is_shown_or_said_to_be_missing(walk: Walk, host: StaticHost) -> None:
    walk.open(f"{host.url}?model=nobody&kept=1")
    until(walk.window, "() => document.querySelector('.notice').textContent.includes('no model nobody')")
    assert walk.window.run("() => location.search + location.hash") == f"?kept=1#model={MODEL}&page=explore"
    walk.window.open("about:blank")
    walk.open(f"{host.url}?model=mnist-16d")
    until(walk.window, "() => document.title.startsWith('mnist-16d · Explore')")
    assert walk.window.run("() => location.search + location.hash") == "#model=mnist-16d&page=explore"
    assert walk.window.run("() => document.querySelector('.notice').textContent") == ""


def test_the_lessons_need_no_server(walk: Walk, host: StaticHost) -> None:
    """They come when they are asked for, below the site's own strict policy, and lead to the site's own pages."""
    walk.open(host.url)
    assert not any("formula" in name for name in walk.window.run(FETCHED))
    walk.click("nav.pages a", "Learn")
    until(walk.window, f"() => ({FIND})('.sentence', null)[0]?.textContent")
    assert walk.window.run(f"() => ({FIND})('nav.models', null)[0].hidden")
    assert walk.window.run(BARRIERS) == []
    walk.click(".lessons a[href*='lesson=2']")
    until(walk.window, f"() => ({FIND})('[data-ready=mixtures]', null).length")
    until(walk.window, "() => location.hash.includes('lesson=2')")
    links = walk.window.run(f"() => ({FIND})('.rest a[href^=\"#\"]', null).map(({{ hash }}) => hash)")
    assert links == [f"#model={MODEL}&page=explore"]
    walk.window.run("() => history.back()")
    until(walk.window, f"() => ({FIND})('[data-ready=bound]', null).length")
    walk.click("nav.pages a", "Explore")
    walk.wait_for("[data-ready=true]")
    assert walk.window.run(f"() => ({FIND})('.learn', null).length") == 0


def test_a_switch_turns_the_light_off_and_on(walk: Walk, host: StaticHost) -> None:
    walk.open(f"{host.url}#model={MODEL}")
    assert not walk.window.run(DARK)
    assert walk.window.run(BARRIERS) == []
    walk.click("button", "Dark colours")
    until(walk.window, DARK)
    assert walk.window.run("() => document.querySelector('.latent-explorer').classList.contains('dark')")
    walk.window.open("about:blank")
    walk.open(f"{host.url}#model={MODEL}&page=interpolate")
    until(walk.window, DARK)
    assert walk.window.run(BARRIERS) == []
    walk.click("button", "Dark colours")
    until(walk.window, f"() => !({DARK})()")


def test_an_address_decides_nothing_but_the_page_and_one_of_the_models(walk: Walk, host: StaticHost) -> None:
    bad = "assets=http://evil.example/&assetsUrl=//evil.example/&files=x"
    walk.open(f"{host.url}?{bad}&model=/etc/#model=..%2F..%2Fetc&{bad}&modelUrl=//evil.example/")
    until(walk.window, f"() => document.title.startsWith('{MODEL} · Explore')")
    assert drag_probe(walk, 60, 60)
    asked = {urlsplit(path).path.removeprefix(SUB_PATH).split("/")[0] for path, _ in host.answers}
    assert asked <= {"", "models.json", "assets", "models"}


def test_a_film_plays_and_its_frames_are_torchs(walk: Walk, host: StaticHost, model: ExplorableModel) -> None:
    walk.open(f"{host.url}#model={MODEL}&page=interpolate")
    latents = saved_latents(walk)
    sheet, pitch = walk.pixels(".sheet canvas"), SIZE + 1
    across = (sheet.shape[1] + 1) // pitch
    shown = [sheet[at // across * pitch :, at % across * pitch :][:SIZE, :SIZE] for at in range(FRAMES)]
    assert np.abs(np.stack(shown) - decoded(model, latents)).max() < CLOSE
    current = "() => document.querySelector('.sheet').getAttribute('aria-valuenow')"
    before = walk.window.run(current)
    walk.click("button", "Play")
    until(walk.window, f"(before) => ({current})() !== before", before)
    walk.click("button", "Pause")
    for searched in ("Along the data", "Shortest in pixels"):
        assert walk.window.run(f"(name) => ({FIND})('button', name)[0].disabled", searched)
    walk.wait_for(".settings p")


def saved_latents(walk: Walk) -> np.ndarray:
    walk.window.run(CHOOSE, "Save as", "csv")
    walk.click("button", "Save")
    rows = list(csv.reader(io.StringIO(downloaded(walk.window, ".csv").decode(), newline="")))[1:]
    return np.array([row[1:] for row in rows], dtype=np.float32)


def back_and_forth(frames: np.ndarray) -> np.ndarray:
    return np.concatenate([frames, frames[-2:0:-1]])


def test_a_gif_is_made_in_the_browser(walk: Walk, host: StaticHost, model: ExplorableModel) -> None:
    walk.open(f"{host.url}#model={MODEL}&page=interpolate")
    expected = back_and_forth(decoded(model, saved_latents(walk)))
    walk.window.run(CHOOSE, "Save as", "gif")
    walk.window.run(CHOOSE, "Size", "128")
    walk.click("button", "Save")
    with Image.open(io.BytesIO(downloaded(walk.window, ".gif"))) as film:
        assert film.size == (128, 128)
        assert film.info["loop"] == 0
        frames, durations = [], 0
        for frame in ImageSequence.Iterator(film):
            durations += frame.info["duration"]
            frames.append(np.asarray(frame.convert("L")) / 255)
    assert len(frames) == len(expected)
    assert durations == pytest.approx(1000 * len(frames) / 12, abs=10)
    assert np.abs(np.stack(frames)[:, 8::16, 8::16] - expected).max() < CLOSE


def test_an_mp4_is_made_where_the_browser_can(walk: Walk, host: StaticHost, model: ExplorableModel) -> None:
    walk.open(f"{host.url}#model={MODEL}&page=interpolate")
    expected = back_and_forth(decoded(model, saved_latents(walk)))
    walk.window.run(CHOOSE, "Save as", "mp4")
    walk.window.run(CHOOSE, "Size", "256")
    walk.click("button", "Save")
    said = until(
        walk.window,
        f"() => ({FIND})('.take-away .message', null)[0].textContent.match(/^Saved|no encoder|no MP4/)?.[0]",
    )
    if said != "Saved":
        pytest.skip(f"this browser has no encoder: {said}")
    with av.open(io.BytesIO(downloaded(walk.window, ".mp4")), "r") as film:
        frames = np.stack([frame.to_ndarray(format="gray") / 255 for frame in film.decode(video=0)])
    assert frames.shape == (len(expected), 256, 256)
    middles = frames[:, 16::32, 16::32]
    assert np.abs(middles - expected).mean() < 0.03


def test_a_page_of_ones_own_goes_through_the_door(walk: Walk, host: StaticHost) -> None:
    walk.window.open(f"{host.url}decode.html")
    until(walk.window, "() => document.getElementById('told').value.includes('encoded again')")
    assert np.ptp(walk.pixels("#canvas")) > 0.1
    answers = walk.window.run(
        """async (z) => {
          const { open } = await import("./explorer.js");
          const model = await open(new URL("models/mnist-16d/", document.baseURI));
          const image = await model.decode(z);
          const pixels = image.toImageData();
          const refused = await model.decode([1, 2]).catch(({ message }) => message);
          const [mean, again] = await Promise.all([image, pixels].map((given) => model.encode(given)));
          return {
            shape: [model.name, model.latentDim, model.imageShape, model.classNames.length], refused,
            values: [...image.values], red: [...pixels.data].filter((_, at) => at % 4 === 0),
            mean: [...mean.mean], logVariance: [...mean.logVariance], again: [...again.mean],
          };
        }""",
        [0.5 - (index % 3) / 2 for index in range(16)],
    )
    vae = load_checkpoint(ROOT / "checkpoints" / "mnist-16d").model
    with torch.inference_mode():
        image = vae.decode(torch.tensor([[0.5 - (index % 3) / 2 for index in range(16)]]))
        posterior = vae.posterior(image)
    assert answers["shape"] == ["mnist-16d", 16, [1, 28, 28], 10]
    assert "This one has 2" in answers["refused"]
    assert np.abs(np.array(answers["values"]) - image.flatten().numpy()).max() < CLOSE
    assert np.abs(np.array(answers["red"]) / 255 - image.flatten().numpy()).max() < CLOSE
    assert np.abs(np.array(answers["mean"]) - posterior.mean[0].numpy()).max() < 0.02
    assert np.abs(np.array(answers["again"]) - posterior.mean[0].numpy()).max() < 0.05
    assert np.abs(np.array(answers["logVariance"]) - posterior.log_variance[0].numpy()).max() < 0.1

"""The same walk in each browser that this machine has: what the pages promise does not depend on whose engine it is."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from harness import debian
from harness.chromium import chromium_window
from harness.firefox import find_firefox, firefox_window
from harness.server import running_server
from harness.standalone import PAGE, serving
from harness.webkit import find_webkit, webkit_window
from harness.window import Place, Window, downloaded, until
from tests.browser.comparison import compared_address, make_compared
from tests.browser.interpolation import SIZE
from tests.browser.lasso import circle, inside
from tests.browser.learning import PAGE as LESSONS
from tests.browser.lesson_walks import check_divergence, check_flow, check_gradients, check_samples, check_variance
from tests.browser.model import ExplorableModel
from tests.browser.standalone import CLOSE
from tests.browser.walk import FIND, Walk, grey, line, report
from tests.run_folders import MODEL, training, wait_until
from vae_core.runs import control
from vae_core.runs.run import list_runs

MOVES = 60
WINDOWS: dict[str, Callable[[Path], AbstractContextManager[Window]]] = {
    "chromium": chromium_window,
    "firefox": firefox_window,
    "webkit": webkit_window,
}
# Streamlit asks below the page's own address for what lies at the root, before it asks there.
ITS_OWN = "/train/_stcore/"
HINT = "`python -m harness.equipment` installs it on Debian, as root"
# The curves' newest epoch and the picture beside them.
LEARNED = f"""() => {{
  const curves = ({FIND})("[aria-label^='ELBO, nats']", null)[0];
  const picture = ({FIND})("img[alt^='Eight images']", null).find(({{ naturalWidth }}) => naturalWidth > 0);
  return curves && picture ? [curves.ariaLabel, picture.src] : null;
}}"""
NEWER = f"""(curves, picture) => {{
  const now = ({LEARNED})();
  return now && now[0] !== curves && now[1] !== picture;
}}"""
# The density that has been drawn.
DRAWN = f"() => ({FIND})('[data-ready=mixtures] .curve.filled', null)[0]?.getAttribute('d')"
RECORD_COMPARED = """() => {
  window.answers = [];
  addEventListener("compare:decoded", ({ detail }) => answers.push(detail));
}"""
SAVE_AS_CSV = f"""() => {{
  const form = ({FIND})("label.select > span", "Save as")[0].nextElementSibling;
  form.value = "csv";
  form.dispatchEvent(new Event("change"));
}}"""


@pytest.fixture(scope="module", params=WINDOWS)
def window(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    name: str = request.param
    if name == "firefox" and find_firefox() is None:
        assert not debian.can_install(), f"there is no Firefox, though {HINT}"
        pytest.skip(f"there is no Firefox: {HINT}")
    if name == "webkit" and find_webkit() is None:
        pytest.skip(f"there is no WebKit: {HINT}")
    with WINDOWS[name](tmp_path_factory.mktemp(name)) as opened:
        yield opened


@pytest.fixture
def walk(window: Window) -> Iterator[Walk]:
    """A walk through a browser that has nothing to complain about."""
    yield Walk(window)
    assert [words for words in window.complaints if ITS_OWN not in words] == []


@dataclass(frozen=True)
class Fitted:
    """A map that is fitted whole into its box: pixels a unit, and what is in the box's middle."""

    scale: float
    page: np.ndarray  # in pixels
    map: np.ndarray

    @classmethod
    def seen(cls, walk: Walk, model: ExplorableModel) -> "Fitted":
        left, bottom, right, top = model.latent_map.bounds
        _, _, width, height = walk.wait_for(".surface")
        scale = min(width / ((right - left) * 1.12), height / ((top - bottom) * 1.12))
        return cls(scale, np.array(walk.centre(".surface")), np.array([(left + right) / 2, (bottom + top) / 2]))

    def place_of(self, position: np.ndarray) -> Place:
        x, y = self.page + (position - self.map) * [self.scale, -self.scale]
        return float(x), float(y)

    def position_of(self, place: Place) -> np.ndarray:
        return self.map + (np.array(place) - self.page) / [self.scale, -self.scale]


def check_drag(walk: Walk, model: ExplorableModel) -> None:
    """The image follows the hand, and is in the end what torch decodes there."""
    start, (x, y) = walk.centre(".probe"), walk.centre(".surface")
    half = MOVES // 2
    seen = walk.drag([*line(start, (x + 120, y + 60), half), *line((x + 120, y + 60), (x - 80, y + 110), half)[1:]])
    places = {tuple(answer["position"]) for answer in seen}
    assert len(places) > MOVES / 6, f"of {MOVES} moves, {len(places)} were decoded"
    expected = model.decode(seen[-1]["latent"]).numpy()
    assert np.abs(walk.pixels("canvas.decoded") - expected).max() < CLOSE


def check_lasso(walk: Walk, model: ExplorableModel) -> None:
    """A group counts the very points that numpy finds inside."""
    fitted = Fitted.seen(walk, model)
    middle = np.median(model.positions[model.labels == 0], axis=0)
    corners = [(round(x), round(y)) for x, y in circle(fitted.place_of(middle), 55)]
    walk.click("[role=toolbar] button", "Lasso")
    walk.window.press(corners[0])
    walk.window.move([*corners[1:], corners[0]])
    walk.window.release()
    count = len(inside(np.array([fitted.position_of(corner) for corner in corners]), model.positions))
    assert count > 20
    walk.wait_for("p, span", f"{count} points, by lasso")


def check_own_image(walk: Walk, model: ExplorableModel) -> None:
    """A picture of one's own is seen as it is, and its latent is what torch encodes."""
    image = model.latent_map.dataset.images[7, 0].numpy()
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    walk.click("[role=tab]", "Your image")
    walk.window.run("() => (window.released = [])")
    walk.choose_file("Choose a picture", "seven.png", "image/png", file.getvalue())
    latent = until(walk.window, "() => released.at(-1)?.latent")
    assert np.abs(walk.pixels("canvas", "Your image as the model sees it") - image / 255).max() < CLOSE
    with torch.inference_mode():
        expected = model.checkpoint.model.posterior(torch.from_numpy(image)[None, None] / 255).mean[0].numpy()
    assert np.abs(np.array(latent) - expected).max() < 2e-3


def check_saved_image(walk: Walk) -> None:
    shown = walk.pixels("canvas.decoded")
    walk.click("button", "Save image")
    saved = grey(downloaded(walk.window, ".png"))
    factor = len(saved) // len(shown)
    assert np.abs(saved[::factor, ::factor] - shown).max() < CLOSE


def test_explore(walk: Walk, address: str, model: ExplorableModel) -> None:
    walk.open(f"{address}{PAGE}")
    check_drag(walk, model)
    check_lasso(walk, model)
    check_own_image(walk, model)
    check_saved_image(walk)


def test_lessons_3_to_7(walk: Walk, address: str) -> None:
    """What a hand drags in them, and what they say of it."""
    check_gradients(walk, address)
    check_samples(walk, address)
    check_variance(walk, address)
    check_divergence(walk, address)
    check_flow(walk, address)


def test_interpolate(walk: Walk, address: str, model: ExplorableModel) -> None:
    """The strip follows a dragged stop, and its latents are saved."""
    walk.open(f"{address}{PAGE}&page=interpolate")
    until(walk.window, "() => document.querySelectorAll('.mark.stop').length > 1")
    stops = walk.window.run(
        """() => [...document.querySelectorAll(".mark.stop")].map((mark) => {
            const { x, y } = mark.getBoundingClientRect();
            return [x, y];
        })"""
    )
    walk.window.press(tuple(stops[1]))
    walk.window.move(line(stops[1], (stops[1][0] + 60, stops[1][1] - 40), 20)[1:])
    until(walk.window, "() => strips.some(({ held }) => held)")
    count = walk.window.run("() => reported.length")
    walk.window.release()
    until(walk.window, "(count) => reported.length > count", count)
    told = report(walk)
    assert np.abs(tiles(walk, len(told["latents"])) - decoded(model, told["latents"])).max() < CLOSE
    walk.window.run(SAVE_AS_CSV)
    walk.click("button", "Save")
    rows = list(csv.reader(io.StringIO(downloaded(walk.window, ".csv").decode(), newline="")))[1:]
    saved = np.array([row[1:] for row in rows], dtype=np.float32)
    assert np.array_equal(saved, np.array(told["latents"], dtype=np.float32))


def tiles(walk: Walk, count: int) -> np.ndarray:
    """The frames of the strip as they are on the screen, (F, H, W) in [0, 1]."""
    sheet, pitch = walk.pixels(".sheet canvas"), SIZE + 1
    across = (sheet.shape[1] + 1) // pitch
    return np.stack([sheet[at // across * pitch :, at % across * pitch :][:SIZE, :SIZE] for at in range(count)])


def decoded(model: ExplorableModel, latents: list[list[float]]) -> np.ndarray:
    return np.stack([model.decode(latent).numpy() for latent in latents])


def test_compare(walk: Walk, tmp_path: Path) -> None:
    """A drag on one map moves the other model to the image that is nearest to the hand."""
    models = make_compared(tmp_path)
    with serving(models.root) as address:
        walk.window.open(compared_address(address))
        walk.window.run(RECORD_COMPARED)
        walk.wait_for("[data-ready=true]")
        start = walk.centre(".side .probe")
        x, y = walk.centre(".side .surface")
        answers = walk.drag(line(start, (x + 70, y + 50), MOVES))
    led = next(answer for answer in reversed(answers) if answer["leading"])
    followed = next(answer for answer in reversed(answers) if not answer["leading"])
    assert followed["point"] == models.same_on_two(models.nearest_shared(led["position"]))
    for letter, model, latent in (("A", models.one, led["latent"]), ("B", models.two, followed["latent"])):
        shown = walk.pixels("canvas.decoded", f"What {letter} decodes")
        assert np.abs(shown - model.decode(latent).numpy()).max() < CLOSE


@pytest.fixture(scope="module")
def train_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Train page whose one run goes on for as long as the tests do."""
    root = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(root))
        with running_server() as server:
            run = control.ask("followed", "quick look", MODEL, training(epochs=100_000, schedule="constant"))
            yield f"{server.url}/train"
            control.discard(run)
            wait_until(lambda: not any(run.alive for run in list_runs(root)))


def check_sum(walk: Walk) -> float:
    """The shares of the first lesson add up to log p(x), as the table says them; the gap."""
    cells = walk.window.run(f"() => ({FIND})('.figures td', null).map((cell) => cell.textContent)")
    elbo, gap, _, evidence = (float(words.replace("−", "-")) for words in cells[::2])
    assert abs(elbo + gap - evidence) < 2e-4
    return gap


def test_lessons(walk: Walk, address: str) -> None:
    """A bell is dragged onto the posterior, a density is drawn: by real events, with formulas in fonts of their own."""
    walk.window.open(f"{address}{LESSONS}?lesson=1")
    until(walk.window, f"() => ({FIND})('.sentence', null)[0]?.textContent")
    start = walk.centre("[aria-label='Mean of q'] .knob")
    gap = check_sum(walk)
    walk.window.press(start)
    walk.window.move(line(start, (start[0] + 90, start[1]), 20)[1:])
    walk.window.release()
    until(walk.window, f"(before) => ({FIND})('.figures td', null)[2].textContent !== before", f"{gap:.4f}")
    assert check_sum(walk) < gap
    fonts = (
        "() => document.fonts.ready.then(() => [...document.fonts].filter(({ status }) => status === 'loaded').length)"
    )
    assert walk.window.run(fonts) >= 3
    until(walk.window, "() => location.search.includes('state=')")
    walk.click(".lessons a[href*='lesson=2']")
    before = until(walk.window, DRAWN)
    x, y, width, height = walk.wait_for("svg[aria-label^='The density'] .surface")
    walk.window.press((x + 0.2 * width, y + 0.3 * height))
    walk.window.move(line((x + 0.2 * width, y + 0.3 * height), (x + 0.7 * width, y + 0.5 * height), 20)[1:])
    walk.window.release()
    until(walk.window, f"(before) => ({DRAWN})() !== before", before)


def test_train_is_followed_live(walk: Walk, train_page: str) -> None:
    """Curves and pictures are drawn, and then drawn anew."""
    walk.window.open(train_page)
    walk.wait_for("[role=progressbar]", "Training of followed")
    first = until(walk.window, LEARNED)
    until(walk.window, NEWER, *first)

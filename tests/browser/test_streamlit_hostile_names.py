"""Names that would be Markdown, in a real Chromium: they are shown as they are written, and nobody else is asked."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from harness.server import ROOT, Server, running_server
from tests.browser.streamlit_visit import READY_LIMIT, Visit

HOSTILE = "![x](http://e.example/a.png) :material/bug: $x$ -> :smile: <b>"
# A folder's name has no stroke; Markdown reads one all the same.
HOSTILE_FOLDER = "![x](http:&#47;&#47;e.example&#47;b.png) :red[y]"


def change(path: Path, part: str, **values: object) -> None:
    content = json.loads(path.read_text())
    content[part].update(values)
    path.write_text(json.dumps(content))


@pytest.fixture(scope="module")
def hostile_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app on a model whose data and classes have such names, and on a damaged one."""
    root = tmp_path_factory.mktemp("checkpoints")
    classes = [f"{number} {HOSTILE}" for number in range(10)]
    for name in ("strange", HOSTILE_FOLDER, "damaged"):
        shutil.copytree(ROOT / "checkpoints" / "digits-2d", root / name)
        change(root / name / "config.json", "data", name=HOSTILE, class_names=classes)
        change(root / name / "explorer" / "manifest.json", "data", name=HOSTILE, class_names=classes)
    change(root / "damaged" / "config.json", "model", network=HOSTILE)
    with running_server(environment={"LATENT_EXPLORER_CHECKPOINTS": str(root)}) as server:
        yield server


@pytest.mark.parametrize(("page", "model"), [("", "strange"), ("interpolate", HOSTILE_FOLDER), ("", HOSTILE)])
def test_names_are_shown_as_they_are_and_ask_nobody(
    chromium: Browser, hostile_server: Server, page: str, model: str
) -> None:
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    visit = Visit(context.new_page())
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))
    visit.page.goto(f"{hostile_server.url}/{page}?model={quote(model, safe='')}", timeout=READY_LIMIT)
    caption = visit.page.get_by_text("2 latent dimensions").first
    caption.wait_for(timeout=READY_LIMIT)
    expect(caption).to_contain_text(HOSTILE)
    visit.page.get_by_text("1 checkpoint left out").click()
    expect(visit.page.get_by_text("network: Input should be").first).to_contain_text(HOSTILE)
    if model == HOSTILE:
        expect(visit.page.get_by_test_id("stAlertTitle")).to_contain_text(f"{HOSTILE} cannot be opened")
    visit.page.locator("[data-ready=true], .strip canvas").first.wait_for(timeout=READY_LIMIT)
    here = urlsplit(hostile_server.url).netloc
    elsewhere = [url for url in asked if urlsplit(url).scheme in ("http", "https") and urlsplit(url).netloc != here]
    assert elsewhere == []
    assert visit.page.locator("a[href*='e.example'], img[src*='e.example'], .katex").count() == 0
    context.close()

"""The whole app below a sub-path of its server, told so or behind nginx: each page does there what it does anywhere."""

import http.client
from collections.abc import Iterator
from shutil import copytree
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from harness.nginx import find_nginx, proxied
from harness.server import ROOT, running_server
from tests.browser.streamlit_visit import Visit
from tests.browser.train_visit import LIMIT, digits_zip
from tests.run_folders import MODEL, training
from vae_core.runs import control

BASE = "/latent"
SHIPPED = "digits-2d"
WAYS = ("told", "proxied with it", "proxied without it")


@pytest.fixture(scope="module", params=WAYS)
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the app begins: its checkpoints folder, which `control` knows as well, holds one shipped model."""
    if request.param != "told" and find_nginx() is None:
        pytest.skip("nginx is not installed: `python -m harness.equipment` installs it on Debian, as root")
    folder = tmp_path_factory.mktemp("served")
    copytree(ROOT / "checkpoints" / SHIPPED, folder / "checkpoints" / SHIPPED)
    (folder / "nginx").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(folder / "checkpoints"))
        base = "" if request.param == "proxied without it" else BASE
        with running_server(base=base) as server:
            if request.param == "told":
                yield server.url
                return
            target = server.url.removesuffix(BASE) + ("" if base else "/")
            with proxied(target, BASE, folder / "nginx") as url:
                yield url


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    context = chromium.new_context(viewport={"width": 1400, "height": 1000})
    yield Visit(context.new_page())
    context.close()


def get(url: str) -> tuple[int, str, str | None]:
    """Status, content type and Link header of the answer."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=60)
    connection.request("GET", place.path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers.get_content_type(), answer.headers["link"]


def test_files_and_early_links_are_below_the_sub_path_alone(address: str) -> None:
    manifest = f"/explorer/models/{SHIPPED}/manifest.json"
    assert get(address + manifest)[:2] == (200, "application/json")
    assert get(f"{address}/explorer/models/none/manifest.json")[:2] == (404, "application/json")
    assert get(address.removesuffix(BASE) + manifest)[0] == 404
    status, kind, links = get(f"{address}/")
    assert (status, kind) == (200, "text/html")
    assert f"<explorer/models/{SHIPPED}/decoder." in str(links)
    assert get(address.removesuffix(BASE) + "/")[2] is None


def test_explore_opens_and_fetches_each_file_once(address: str, visit: Visit) -> None:
    visit.open(f"{address}/")
    assert visit.image(1).std() > 1
    visit.hold_probe()
    visit.drag()
    visit.release_probe()
    fetched = [url for url in visit.requests if "/explorer/" in url]
    assert all(url.startswith(f"{address}/explorer/") for url in fetched)
    assert len(fetched) == len(set(fetched)), "a preloaded file was fetched again"
    assert visit.complaints == []


def test_interpolate_gets_paths_and_films(address: str, visit: Visit) -> None:
    visit.open(f"{address}/")
    page = visit.page
    page.get_by_role("link", name="Interpolate", exact=True).click()
    page.get_by_role("button", name="Along the data", exact=True).click(timeout=LIMIT)
    expect(page.get_by_text("Length in image space")).to_be_visible(timeout=LIMIT)
    page.get_by_role("combobox", name="Save as", exact=True).select_option("gif")
    with page.expect_download(timeout=LIMIT) as download:
        page.get_by_role("button", name="Save", exact=True).click()
    assert download.value.path().read_bytes().startswith(b"GIF89a")
    assert visit.complaints == []


def test_train_takes_pictures_and_follows_a_run(address: str, visit: Visit) -> None:
    page = visit.page
    page.goto(f"{address}/train", timeout=LIMIT)
    page.get_by_role("radio", name="Your own").click(timeout=LIMIT)
    page.locator("input[type=file]").set_input_files(
        {"name": "my digits.zip", "mimeType": "application/zip", "buffer": digits_zip()}
    )
    page.get_by_text("320 images, 32 of them for testing; 8 × 8 px, grey, 10 classes").wait_for(timeout=LIMIT)
    run = control.ask("followed", "quick look", MODEL, training(epochs=100_000, schedule="constant"))
    page.get_by_role("progressbar", name="Training of followed").wait_for(timeout=LIMIT)
    picture = page.get_by_alt_text("Eight images, their reconstructions")
    picture.wait_for(timeout=LIMIT)
    expect(picture).not_to_have_attribute("src", str(picture.get_attribute("src")), timeout=LIMIT)
    for label in ("Discard", "Discard followed"):
        page.get_by_role("button", name=label, exact=True).click(timeout=LIMIT)
    page.get_by_text("No run yet").wait_for(timeout=LIMIT)
    assert not run.folder.exists()

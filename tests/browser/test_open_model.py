"""A model stays open across pages: what one page began another finds, and what failed can be tried again."""

import dataclasses
import hashlib
import json
import math
import re
import shutil
from pathlib import Path

import onnx
import pytest
import torch
from playwright.sync_api import Browser, BrowserContext, Page, Route

from harness.standalone import PAGE, serving
from tests.browser.model import ExplorableModel
from tests.browser.standalone import explorer_page
from vae_core.explorer_files.writer import write_explorer
from vae_core.projection.projection import Projection

READY = "[data-ready=true]"


def opened(browser: Browser) -> tuple[BrowserContext, Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    return context, context.new_page()


@pytest.mark.parametrize("file", ["decoder", "points", "latents"])
def test_leaving_a_page_while_its_files_travel_harms_no_other_page(chromium: Browser, address: str, file: str) -> None:
    context, page = opened(chromium)
    held: list[Route] = []
    page.route(re.compile(r"/worker\."), lambda route: route.abort())  # it would fetch the decoder once more
    page.route(re.compile(f"/model/{file}"), lambda route: held.append(route))
    page.goto(address + PAGE)
    page.wait_for_selector(".layout .surface")
    while not held:
        page.wait_for_timeout(20)
    page.evaluate("explorer.update({...explorerOptions, page: 'interpolate'})")
    page.wait_for_selector(".interpolation .surface")
    for route in held:
        route.continue_()
    page.wait_for_selector(READY)
    assert len(held) == 1  # the second page waits for what the first one began
    page.evaluate("explorer.update({...explorerOptions})")
    page.wait_for_selector(f"{READY} .layout")
    context.close()


def with_foreign_decoder(model: ExplorableModel, folder: Path) -> None:
    """The model's files with a decoder of the same images, whose last operator is none of our exporter's."""
    shutil.copytree(model.folder, folder)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    entry = manifest["files"]["decoder"]
    graph = onnx.load(folder / entry["path"])
    inner = next(node for node in graph.graph.node if "image" in node.output)
    inner.output[list(inner.output).index("image")] = "inner"
    graph.graph.node.append(onnx.helper.make_node("HardSigmoid", ["inner"], ["image"], alpha=1.0, beta=0.0))
    content = graph.SerializeToString()
    (folder / entry["path"]).write_bytes(content)
    entry |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("missing", [r"/ort\.\w+\.js$", r"\.wasm$"], ids=["script", "wasm"])
def test_a_runtime_that_could_not_be_fetched_is_fetched_again(
    chromium: Browser, model: ExplorableModel, tmp_path: Path, missing: str
) -> None:
    with_foreign_decoder(model, tmp_path / "explorer")
    context, page = opened(chromium)
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.context.route(re.compile(missing), lambda route: route.abort())
    with serving(tmp_path / "explorer") as url:
        page.goto(url + PAGE)
        alert = page.get_by_role("alert")
        alert.wait_for()
        assert "could not be fetched" in alert.inner_text()
        page.get_by_role("button", name="Try again").click()
        alert.wait_for()
        page.context.unroute_all()
        page.get_by_role("button", name="Try again").click()
        page.wait_for_selector(READY)
    assert any("HardSigmoid" in words for words in told)
    context.close()


def test_a_worker_that_did_not_start_is_started_for_the_next_page(chromium: Browser, address: str) -> None:
    context, page = opened(chromium)
    page.route(re.compile(r"/worker\."), lambda route: route.abort())
    page.goto(f"{address}{PAGE}&page=interpolate")
    page.wait_for_selector(READY)  # decoded by the page itself
    assert page.workers == []
    page.unroute_all()
    with page.expect_worker():
        page.evaluate("explorer.update({...explorerOptions, manifestVersion: 'again'})")
    page.wait_for_selector(READY)
    context.close()


def test_an_encoder_that_could_not_be_fetched_is_fetched_for_the_next_picture(
    chromium: Browser, address: str, model: ExplorableModel
) -> None:
    with explorer_page(chromium, address, model) as explorer:
        page = explorer.page
        explorer.page.get_by_role("tab", name="Your image").click()
        page.context.route(re.compile(r"/model/encoder"), lambda route: route.abort())
        pad = page.locator(".pad canvas, canvas.pad").first
        box = pad.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        explorer.drag((x, y - 30), (x, y + 30))
        page.get_by_text("encoder").wait_for()
        page.context.unroute_all()
        explorer.drag((x - 20, y - 30), (x - 20, y + 30))
        page.get_by_text("ELBO").first.wait_for()


def mirrored(model: ExplorableModel, folder: Path) -> ExplorableModel:
    """The same weights with their map turned over, in `folder`."""
    projection = model.latent_map.projection
    positions = projection.positions * torch.tensor([-1.0, 1.0])
    turned = Projection("umap", projection.latents, positions, linear=None, axes=None)
    latent_map = dataclasses.replace(model.latent_map, projection=turned)
    write_explorer(model.checkpoint, latent_map, folder)
    return ExplorableModel(model.checkpoint, latent_map, folder)


def test_a_map_made_anew_is_seen_anew_though_the_decoder_is_the_same(
    chromium: Browser, model: ExplorableModel, tmp_path: Path
) -> None:
    folder = tmp_path / "explorer"
    shutil.copytree(model.folder, folder)
    with serving(folder) as url, explorer_page(chromium, url, model) as explorer:
        x, y = explorer.centre()
        explorer.page.mouse.click(x + 40, y)
        explorer.wait_for_answer(1)
        shutil.rmtree(folder)
        explorer.model = mirrored(model, folder)
        explorer.page.evaluate("answers.length = 0; explorer.update({...explorerOptions, manifestVersion: 'mirrored'})")
        explorer.page.wait_for_selector(READY)
        explorer.wait_for_answer()
        answers = len(explorer.answers())
        point = explorer.lonely_point()
        explorer.page.mouse.click(*explorer.place_of_point(point))
        explorer.wait_for_answer(answers)
        answers = len(explorer.answers())
        explorer.drag(explorer.probe(), (x + 120, y - 80))
        answer = explorer.wait_for_answer(answers)
        separation = math.dist(answer["position"], explorer.model.positions[point])
        fading = math.exp(-(separation**2) / (2 * reach_of(explorer.model) ** 2))
        own = explorer.model.stored_latent(point) - explorer.model.latent_on_plane(
            explorer.model.positions[point].tolist()
        )
        expected = explorer.model.latent_on_plane(answer["position"]) + fading * own
        assert torch.allclose(torch.tensor(answer["latent"]), expected, atol=5e-3)


def reach_of(model: ExplorableModel) -> float:
    """The width of an anchor's pull, in map units."""
    left, bottom, right, top = model.latent_map.bounds
    return 0.1 * max(right - left, top - bottom)

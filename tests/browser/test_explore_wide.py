"""A latent space of 512 dimensions: its principal plane takes a while, in which the page goes on."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Route, expect

from harness.standalone import serving
from tests.browser.model import ExplorableModel
from tests.browser.standalone import ExplorerPage, explorer_page
from vae_core.checkpoint.provenance import DataDescription
from vae_core.checkpoint.weights import load_checkpoint, save_checkpoint
from vae_core.config import ModelConfig, TrainConfig
from vae_core.data.dataset import Dataset
from vae_core.explorer_files.latent_map import Encoding, LatentMap
from vae_core.explorer_files.writer import write_explorer
from vae_core.model.vae import VAE
from vae_core.projection.projection import Projection

POINTS, DIMENSIONS = 600, 512
BUSY = "Laying out…"


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> ExplorableModel:
    """A model whose latents spread along a few directions much more than along the others."""
    folder = tmp_path_factory.mktemp("checkpoints") / "wide"
    source = torch.Generator().manual_seed(0)
    model = VAE(ModelConfig(network="linear", latent_dim=DIMENSIONS, image_size=8, likelihood="gaussian"))
    save_checkpoint(
        folder, model, TrainConfig(data="digits"), DataDescription(name="digits", fingerprint="0" * 64, images=POINTS)
    )
    checkpoint = load_checkpoint(folder)
    directions = torch.linalg.qr(torch.randn(DIMENSIONS, DIMENSIONS, generator=source)).Q
    latents = torch.randn(POINTS, DIMENSIONS, generator=source) / (1 + torch.arange(DIMENSIONS)) @ directions
    images = torch.randint(256, (POINTS, 1, 8, 8), generator=source, dtype=torch.uint8)
    labels = torch.randint(3, (POINTS,), generator=source)
    dataset = Dataset("digits", "train", images, labels, ("a", "b", "c"), "0" * 64)
    encoding = Encoding(
        latents, torch.zeros_like(latents), torch.rand(POINTS), torch.rand(DIMENSIONS), torch.rand(POINTS)
    )
    projection = Projection("umap", latents, torch.randn(POINTS, 2, generator=source), linear=None, axes=None)
    latent_map = LatentMap(dataset, torch.arange(POINTS), encoding, projection, 1.0, 0.0, start=0)
    write_explorer(checkpoint, latent_map, folder / "explorer")
    return ExplorableModel(checkpoint, latent_map, folder / "explorer")


@pytest.fixture
def explorer(chromium: Browser, wide: ExplorableModel) -> Iterator[ExplorerPage]:
    with serving(wide.folder) as url, explorer_page(chromium, url, wide) as page:
        yield page
        assert page.complaints == []


def hold_workers(explorer: ExplorerPage) -> list[Route]:
    """Workers that are begun from now on start when the test says so."""
    held: list[Route] = []
    explorer.page.context.route(re.compile(r"/worker\."), lambda route: held.append(route))
    return held


def placed(wide: ExplorableModel, latent: list[float]) -> np.ndarray:
    """Where numpy has a latent on the principal plane."""
    latents = wide.latents.astype(np.float64)
    centred = latents - latents.mean(0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    axes = [axis * np.sign(axis[np.abs(axis).argmax()]) for axis in directions[:2]]
    return (np.array(latent) - latents.mean(0)) @ np.array(axes).T


def test_the_page_goes_on_while_the_principal_plane_is_looked_for(
    explorer: ExplorerPage, wide: ExplorableModel
) -> None:
    page, held = explorer.page, hold_workers(explorer)
    before = explorer.settled()
    explorer.choice("Map").select_option("pca")
    expect(page.get_by_role("status").filter(has_text=BUSY)).to_be_visible()
    expect(page.locator(".facts")).not_to_contain_text("Variance")
    answers = len(explorer.answers())
    page.get_by_role("button", name="Random").click()
    drawn = explorer.wait_for_answer(answers)
    assert drawn["latent"] != before["latent"]
    assert explorer.shows("canvas.decoded", drawn["latent"])
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(page.get_by_text(BUSY)).to_have_count(0)
    expect(page.locator(".facts")).to_contain_text("Variance")
    state = explorer.settled()
    assert state["latent"] == drawn["latent"]
    assert state["position"] == pytest.approx(placed(wide, state["latent"]).tolist(), abs=1e-3)


def test_whoever_changes_their_mind_is_not_overruled(explorer: ExplorerPage) -> None:
    page, held = explorer.page, hold_workers(explorer)
    explorer.choice("Map").select_option("pca")
    expect(page.get_by_text(BUSY)).to_be_visible()
    explorer.choice("Map").select_option("axes")
    expect(page.get_by_text(BUSY)).to_have_count(0)
    state = explorer.settled()
    assert set(state["position"]) <= set(state["latent"])
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    while page.workers:  # until the one that looked for the plane has ended
        page.wait_for_timeout(20)
    assert explorer.settled()["position"] == state["position"]
    explorer.choice("Map").select_option("pca")  # known by now
    expect(page.locator(".facts")).to_contain_text("Variance")


def test_without_a_worker_the_page_lays_the_points_out_itself(chromium: Browser, wide: ExplorableModel) -> None:
    with serving(wide.folder) as url, explorer_page(chromium, url, wide) as explorer:
        explorer.page.context.route(re.compile(r"/worker\."), lambda route: route.abort())
        explorer.choice("Map").select_option("pca")
        expect(explorer.page.locator(".facts")).to_contain_text("Variance")
        state = explorer.settled()
        assert state["position"] == pytest.approx(placed(wide, state["latent"]).tolist(), abs=1e-3)

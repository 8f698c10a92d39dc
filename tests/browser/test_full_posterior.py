"""A model whose posterior has a full covariance: what is drawn and judged by it, as torch's own distributions do."""

import io
import json
import re
import shutil
from pathlib import Path

import onnx
import pytest
import torch
from PIL import Image
from playwright.sync_api import Browser, expect
from torch.distributions import MultivariateNormal, kl_divergence

from harness.standalone import serving
from tests.browser.model import LATENT_DIM, ExplorableModel, make_model
from tests.browser.standalone import ExplorerPage, explorer_page
from tests.browser.test_explore_own_image import DRAW, FIXED
from vae_core.model.posteriors import FullGaussian


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ExplorableModel:
    return make_model(tmp_path_factory.mktemp("checkpoints") / "full", network="linear", posterior="full")


@pytest.fixture(scope="module")
def before(model: ExplorableModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same explorer files from before an encoder told more of a covariance than its variances."""
    folder = Path(shutil.copytree(model.folder, tmp_path_factory.mktemp("before") / "explorer"))
    manifest = json.loads((folder / "manifest.json").read_text())
    files = manifest["files"]
    encoder = onnx.load(folder / files["encoder"]["path"])
    assert encoder.graph.output.pop().name == "cholesky"
    (folder / files["encoder"]["path"]).write_bytes(encoder.SerializeToString())
    files["encoder"]["bytes"] = len(encoder.SerializeToString())
    files["log_variances"] = files["latents"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@torch.inference_mode()
def posterior_of(model: ExplorableModel, point: int) -> MultivariateNormal:
    dataset, indices = model.latent_map.dataset, model.latent_map.indices
    posterior = model.checkpoint.model.posterior(dataset.batch(indices[[point]]))
    assert isinstance(posterior, FullGaussian)
    return MultivariateNormal(posterior.mean[0], scale_tril=posterior.cholesky[0])


@torch.inference_mode()
def log_likelihood(model: ExplorableModel, point: int, latent: torch.Tensor) -> float:
    """By the linear network's own mean, which leaves [0, 1]; the image that is shown does not."""
    x = model.latent_map.dataset.batch(model.latent_map.indices[[point]])
    likelihood = model.checkpoint.model.likelihood(latent[None])
    assert likelihood.mean.min() < -0.05
    return likelihood.log_prob(x).item()


def bring(explorer: ExplorerPage, point: int) -> None:
    """Chooses the image of a data point as a picture of one's own."""
    dataset, indices = explorer.model.latent_map.dataset, explorer.model.latent_map.indices
    file = io.BytesIO()
    Image.fromarray(dataset.images[indices[point], 0].numpy()).save(file, "PNG")
    explorer.page.get_by_role("tab", name="Your image").click()
    picture = {"name": "digit.png", "mimeType": "image/png", "buffer": file.getvalue()}
    explorer.page.get_by_label("Choose a picture").set_input_files(picture)  # type: ignore[arg-type]


def test_points_and_pictures_are_drawn_and_judged_by_all_of_the_covariance(
    chromium: Browser, model: ExplorableModel
) -> None:
    with serving(model.folder) as address, explorer_page(chromium, address, model) as explorer:
        page, point = explorer.page, explorer.answers()[0]["point"]
        page.evaluate(FIXED)
        posterior = posterior_of(model, point)
        drawn = posterior.loc + DRAW * posterior.scale_tril.sum(-1)
        marginally = posterior.loc + DRAW * posterior.stddev
        assert (drawn - marginally).abs().max() > 0.5

        answers = len(explorer.answers())
        page.locator(".latents").get_by_role("button", name="Sample").click()
        assert explorer.wait_for_answer(answers)["latent"] == pytest.approx(drawn.tolist(), abs=2e-3)

        bring(explorer, point)
        figures = page.locator(".own-result p")
        expect(figures).to_have_text(re.compile("ELBO [−0-9]"))
        shown = [float(text.replace("−", "-")) for text in re.findall(r"[−\d.]+\d", figures.inner_text())]
        standard = MultivariateNormal(torch.zeros(LATENT_DIM), torch.eye(LATENT_DIM))
        kl = kl_divergence(posterior, standard).item()
        assert shown == pytest.approx([log_likelihood(model, point, drawn) - kl, kl], abs=0.06)
        answers = len(explorer.answers())
        page.locator(".own-result").get_by_role("button", name="Sample").click()
        assert explorer.wait_for_answer(answers)["latent"] == pytest.approx(drawn.tolist(), abs=1e-4)
        assert explorer.complaints == []


def test_by_the_variances_alone_nothing_is_drawn_or_judged(
    chromium: Browser, before: Path, model: ExplorableModel
) -> None:
    with serving(before) as address, explorer_page(chromium, address, model) as explorer:
        page, point = explorer.page, explorer.answers()[0]["point"]
        page.locator(".latents").get_by_role("button", name="Sample").click()
        expect(page.get_by_text("make its map anew to draw from it")).to_be_visible()
        bring(explorer, point)
        expect(page.locator(".own-result p")).to_have_text(re.compile("No ELBO: .* the variances alone"))
        sample = page.locator(".own-result").get_by_role("button", name="Sample")
        expect(sample).to_be_disabled()
        expect(page.get_by_role("img", name="Its reconstruction", exact=True)).to_be_visible()
        assert explorer.answers()[-1]["latent"] == pytest.approx(posterior_of(model, point).loc.tolist(), abs=2e-3)
        assert explorer.complaints == []

"""A learned prior as the browser evaluates it, run by Node, against torch."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.test_flow import bent
from tests.test_latent_map_browser import EXPLORER, program
from vae_core.explorer_files.prior_record import describe_prior, pack_prior
from vae_core.model.flow import RealNVP
from vae_core.model.priors import LearnedMixture

TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The browser's own code in one file that Node runs."""
    output = tmp_path_factory.mktemp("script") / "answers.mjs"
    bundler = EXPLORER / "node_modules" / ".bin" / "esbuild"
    options = ["--bundle", "--platform=node", "--format=esm", "--log-level=warning", f"--outfile={output}"]
    subprocess.run([bundler, "tests/priorAnswers.ts", *options], cwd=EXPLORER, check=True)
    return output


def mixture(dimension: int) -> LearnedMixture:
    prior = LearnedMixture(6, dimension)
    source = torch.Generator().manual_seed(dimension)
    with torch.no_grad():
        for parameter in prior.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=source))
    return prior


def flow(dimension: int) -> RealNVP:
    return bent(dimension, torch.float32, strength=0.1)


@pytest.mark.parametrize("dimension", [2, 3, 16])
@pytest.mark.parametrize("make", [mixture, flow])
def test_the_browser_says_what_torch_says(
    make: Callable[[int], LearnedMixture | RealNVP], dimension: int, script: Path, tmp_path: Path
) -> None:
    prior = make(dimension)
    latents = 2 * torch.randn(40, dimension, generator=torch.Generator().manual_seed(1))
    pack_prior(prior).tofile(tmp_path / "prior.f32")
    latents.numpy().tofile(tmp_path / "latents.f32")
    described = describe_prior(prior) or {}
    shape = [described[name] for name in ("couplings", "units") if name in described]
    subprocess.run([program("node"), script, tmp_path, *map(str, [dimension, *shape])], check=True)

    with torch.no_grad():
        densities = np.fromfile(tmp_path / "densities.f64", "<f8")
        np.testing.assert_allclose(densities, prior.log_prob(latents.double()), rtol=0, atol=TOLERANCE)
        if isinstance(prior, RealNVP):
            for name, way in (("base", prior.inverse), ("data", prior.forward)):
                found = np.fromfile(tmp_path / f"{name}.f32", "<f4").reshape(latents.shape)
                np.testing.assert_allclose(found, way(latents)[0], rtol=TOLERANCE, atol=TOLERANCE)

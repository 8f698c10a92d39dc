"""The browser's way between plane and latent space, and its order of the small pictures, run by Node, against ours."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from vae_core.explorer_files.latent_map import SHEET_SIDE, order_on_sheets
from vae_core.projection.inverse import LatentToPlane, PlaneToLatent

EXPLORER = Path(__file__).parents[1] / "explorer"
TOLERANCE = 1e-4  # of the spread of what is compared


def program(name: str) -> str:
    """Where a program is that the environment may have brought along."""
    found = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert found, f"{name} is needed"
    return found


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The browser's own code in one file that Node runs."""
    output = tmp_path_factory.mktemp("script") / "answers.mjs"
    bundler = EXPLORER / "node_modules" / ".bin" / "esbuild"
    options = ["--bundle", "--platform=node", "--format=esm", "--log-level=warning", f"--outfile={output}"]
    subprocess.run([bundler, "tests/latentMapAnswers.ts", *options], cwd=EXPLORER, check=True)
    return output


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def bent(points: np.ndarray, dimensions: int = 16) -> np.ndarray:
    """Latents that follow the map, not quite as a plane, each with something of its own."""
    scaled = points / (np.abs(points).max() + 1e-6)
    return np.sin(2 * scaled @ normal(2, dimensions, seed=1)) + 0.3 * normal(len(points), dimensions, seed=2)


def clusters(count: int) -> np.ndarray:
    return 0.5 * normal(count, 2) + 400 * (np.arange(count) % 2)[:, None]


def half_twice(count: int) -> np.ndarray:
    return np.tile(normal(count // 2, 2), (2, 1))


LINE = np.stack([np.linspace(-3, 3, 500), np.full(500, 1.5)], 1)
LATTICE = np.stack(np.meshgrid(np.arange(40.0), np.arange(30.0)), -1).reshape(-1, 2)
MAPS: dict[str, np.ndarray] = {
    "one point": normal(1, 2),
    "two points": normal(2, 2),
    "three on a line": np.array([[0.0, 0], [1, 1], [2, 2]]),
    "all equal": np.full((40, 2), 2.5),
    "half duplicates": half_twice(400),
    "a line": LINE,
    "a lattice": LATTICE,
    "two far clusters": clusters(2000),
    "the latents themselves": normal(800, 2).astype(np.float16),
    "300": normal(300, 2),
    "20,000": normal(20_000, 2),
    "70,000": normal(70_000, 2),
    "500,000": normal(500_000, 2),
}


def latents_of(name: str, points: np.ndarray) -> np.ndarray:
    if name == "the latents themselves":
        return points
    latents = bent(points)
    if name == "half duplicates":
        latents[len(points) // 2 :] = latents[: len(points) // 2]
    return latents


def queries(points: np.ndarray, count: int) -> np.ndarray:
    """Positions on points, among them, and up to three widths of the map outside."""
    generator = np.random.default_rng(5)
    low, high = points.min(0), points.max(0)
    side = (high - low).max() or 1.0
    on = points[generator.integers(len(points), size=count)]
    among = on + 0.02 * side * generator.normal(size=on.shape)
    outside = low - 3 * side + 7 * side * generator.random((count, 2))
    return np.concatenate([on, among, outside]).astype(np.float32)


@pytest.mark.parametrize("name", MAPS)
def test_the_browser_finds_what_torch_finds(name: str, script: Path, tmp_path: Path) -> None:
    points = MAPS[name].astype(np.float32)
    latents = latents_of(name, points).astype(np.float16)
    fitted = (latents + 0.2 * bent(points, latents.shape[1])).astype(np.float16)
    count = 10 if len(points) > 50_000 else 60
    positions = queries(points, count)
    chosen = latents[np.random.default_rng(6).integers(len(points), size=count)]
    asked = np.concatenate([chosen, chosen + 0.3 * normal(*chosen.shape), 5 * normal(*chosen.shape)]).astype(np.float32)
    arrays: dict[str, np.ndarray] = {
        "points.f32": points,
        "latents.f16": latents,
        "fitted.f16": fitted,
        "asked_positions.f32": positions,
        "asked_latents.f32": asked,
    }
    for file, array in arrays.items():
        array.tofile(tmp_path / file)
    subprocess.run([program("node"), script, tmp_path], check=True)

    places = np.fromfile(tmp_path / "places.u32", "<u4")
    np.testing.assert_array_equal(places[order_on_sheets(points, SHEET_SIDE**2)], np.arange(len(points)))

    there = torch.from_numpy(points)
    with torch.inference_mode():
        latent, _ = PlaneToLatent(there, torch.from_numpy(fitted))(torch.from_numpy(positions))
        place = LatentToPlane(there, torch.from_numpy(latents))(torch.from_numpy(asked))
    found = np.fromfile(tmp_path / "found_latents.f32", "<f4").reshape(latent.shape)
    np.testing.assert_allclose(found, latent, rtol=0, atol=TOLERANCE * (float(fitted.astype(np.float32).std()) or 1))
    found = np.fromfile(tmp_path / "found_positions.f32", "<f4").reshape(place.shape)
    np.testing.assert_allclose(found, place, rtol=0, atol=TOLERANCE * (float(points.std()) or 1))

"""Every model that can be configured is trained, resumed, loaded, evaluated, mapped, exported and decoded.

`make test` takes a set of cases in which every two settings meet twice; `make matrix` takes all 864.
"""

import os
from collections import Counter
from itertools import combinations, product
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from vae_core import ModelConfig, TrainConfig, load_checkpoint, train
from vae_core.checkpoint.provenance import DataDescription
from vae_core.data.dataset import Dataset
from vae_core.evaluation import evaluate
from vae_core.explorer_files.explorer_folder import read_manifest
from vae_core.explorer_files.graphs import decoder_graph, encoder_graph
from vae_core.explorer_files.latent_map import map_dataset
from vae_core.explorer_files.writer import project_checkpoint
from vae_core.model.vae import VAE
from vae_core.projection import refining
from vae_core.training.events import EpochEnded, Event

Case = tuple[str, str, tuple[str, str | float | None], int, int, tuple[int, str]]
Pair = tuple[tuple[int, object], tuple[int, object]]

EVERY: list[Case] = list(
    product(
        ["linear", "mlp", "conv"],
        ["diagonal", "full"],
        [
            ("bernoulli", None),
            ("continuous-bernoulli", None),
            ("gaussian", "learned"),
            ("gaussian", "optimal"),
            ("gaussian", 0.05),
            ("laplace", "learned"),
        ],
        [8, 28, 32],
        [1, 3],
        [(1, "standard"), (2, "flow"), (8, "standard"), (8, "mixture")],
    )
)
MEETINGS = 2
IMAGES = 40
EXPLORED = 8  # every so many cases the whole explorer is written, which takes four graphs


def pairs(case: Case) -> set[Pair]:
    """Every two of a case's settings, each with its place."""
    first_and_second = combinations(enumerate(case), 2)
    return set(first_and_second)


def covering(cases: list[Case], meetings: int) -> list[Case]:
    """Few of the cases in which every two settings meet so often: always the first that adds most."""
    missing = Counter({pair: meetings for case in cases for pair in pairs(case)})
    chosen: list[Case] = []
    while missing.total():
        left = [case for case in cases if case not in chosen]
        best = max(left, key=lambda case: sum(missing[pair] > 0 for pair in pairs(case)))
        chosen.append(best)
        missing -= Counter(pairs(best))
    return chosen


FEW = covering(EVERY, MEETINGS)
CASES = EVERY if os.environ.get("LATENT_EXPLORER_MATRIX") == "all" else FEW


def test_every_two_settings_meet() -> None:
    assert len(EVERY) == 864
    assert len(FEW) <= 52
    met = Counter(pair for case in FEW for pair in pairs(case))
    possible = {pair for case in EVERY for pair in pairs(case)}
    assert set(met) == possible
    assert min(met.values()) >= MEETINGS


def dataset(image_size: int, channels: int) -> Dataset:
    """Soft blobs, the second class darker than the first."""
    coarse = torch.rand(IMAGES, channels, 4, 4, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(IMAGES) % 2
    soft = F.interpolate(coarse, size=(image_size, image_size), mode="bilinear", align_corners=True)
    images = (255 * soft / (1 + labels[:, None, None, None])).to(torch.uint8)
    return Dataset("blobs", "train", images, labels, ("light", "dark"), "0" * 64)


def run_graph(graph: bytes, values: Tensor) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(graph)
    outputs: list[np.ndarray] = session.run(None, {session.get_inputs()[0].name: values.numpy()})
    return outputs


def check_decoder(graph: bytes, model: VAE, latents: Tensor) -> None:
    """Finite images, equal to torch's within two grey levels of 255."""
    decoded, *_ = run_graph(graph, latents)
    with torch.inference_mode():
        expected = model.decode(latents).numpy()
    assert np.isfinite(decoded).all()
    assert decoded.shape == expected.shape
    assert 0 <= decoded.min() <= decoded.max() <= 1
    np.testing.assert_allclose(decoded, expected, atol=2 / 255)


def name_of(case: Case) -> str:
    network, posterior, (likelihood, variance), image_size, channels, (latent_dim, prior) = case
    return f"{network}-{posterior}-{likelihood}-{variance}-{image_size}px-{channels}-{latent_dim}d-{prior}"


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_model_goes_all_the_way(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network, posterior, (likelihood, variance), image_size, channels, (latent_dim, prior) = case
    config = ModelConfig.parse(
        {
            "network": network,
            "posterior": posterior,
            "likelihood": likelihood,
            "variance": variance,
            "image_size": image_size,
            "channels": channels,
            "latent_dim": latent_dim,
            "prior": prior,
            "hidden_units": 16,
            "width": 4,
        }
    )
    settings = TrainConfig(data="blobs", epochs=2, batch_size=16, ema_decay=0.9, validation_fraction=0.1)
    data = dataset(image_size, channels)
    latents = 2 * torch.randn(5, latent_dim, generator=torch.Generator().manual_seed(1))

    # Trained one epoch, resumed, and no bit differs from a run that was not stopped.
    folder = tmp_path / "stopped"
    ended: list[Event] = []
    first = train(
        data,
        config,
        settings,
        folder,
        device="cpu",
        listener=lambda event: ended.append(event) if isinstance(event, EpochEnded) else None,
        should_stop=lambda: bool(ended),
    )
    assert first.outcome == "stopped"
    assert train(data, config, settings, folder, device="cpu", resume=True).outcome == "finished"
    train(data, config, settings, tmp_path / "whole", device="cpu")
    weights = [(path / "model.safetensors").read_bytes() for path in (folder, tmp_path / "whole")]
    assert weights[0] == weights[1]

    # Loaded and evaluated.
    checkpoint = load_checkpoint(folder)
    assert checkpoint.summary.model == config
    assert isinstance(checkpoint.summary.data, DataDescription)
    model = checkpoint.model
    evaluation = evaluate(model, data, samples=4, likelihood_images=10)
    assert evaluation.negative_log_likelihood <= -evaluation.elbo

    # Mapped, with a way back that was refined.
    monkeypatch.setattr(refining, "REFINED_PLACES", 20)
    laid_out = map_dataset(model, data, method="umap")
    fitted = laid_out.projection.plane_latents
    assert fitted is not None
    assert fitted.isfinite().all()
    assert np.isfinite([laid_out.round_trip_error, laid_out.trustworthiness, *laid_out.bounds]).all()

    # Exported and decoded outside of torch.
    check_decoder(decoder_graph(model), model, torch.cat([latents, fitted[:5]]))
    images = data.batch(torch.arange(3))
    mean, log_variance, *_ = run_graph(encoder_graph(model), images)
    with torch.inference_mode():
        expected = model.posterior(images)
    np.testing.assert_allclose(mean, expected.mean, atol=1e-4)
    np.testing.assert_allclose(log_variance, expected.log_variance, atol=1e-4)

    if EVERY.index(case) % EXPLORED == 0:
        project_checkpoint(folder, data)
        files = read_manifest(folder / "explorer").files
        check_decoder((folder / "explorer" / files.decoder.path).read_bytes(), model, latents)

"""From a place on the map back to a latent, against umap-learn's `inverse_transform` and NNInv.

`python -m benchmarks.inverse`: umap-learn lays out all but HELD_OUT encoded images, places the held-out ones by its
own `transform`, and every side brings those places back. An error is the mean square difference, a pixel, between what
the decoder makes of the latent found and of the image's own posterior mean. NNInv learns the latents, which are decoded
as well, and once more the decoded images themselves, as its authors have it: the better of the two is what we are
compared with. Our side is torch, on one thread, which the browser's own code answers the same as.

How near that is to the least which this decoder can draw is told too: at each held-out place by itself a latent is
moved, for longer than any map could, towards the local fit of all images around.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from benchmarks.nninv import fit_nninv
from vae_core import load_checkpoint, load_dataset
from vae_core.checkpoint.layout import checkpoints_root
from vae_core.explorer_files.latent_map import encode_images
from vae_core.model.vae import VAE
from vae_core.projection.inverse import PlaneToLatent
from vae_core.projection.projection import Projection
from vae_core.projection.refining import approach, mean_images, refine

MODELS = ("fashion-16d", "mnist-16d")  # of whose data sets the images of the test split are taken
HELD_OUT = 1000
RIVAL_CALLS, OUR_CALLS = 3, 2000
RESAMPLES = 2000
DECODED_AT_ONCE = 500
LEAST_NEIGHBOURS = 96  # of whose images the local fit is nearest to held-out ones, on MNIST
LEAST_STEPS, LEAST_STEP = 40, 0.2  # the best of six starts came 0.3 % nearer to the fit than this one

Inverse = Callable[[np.ndarray], np.ndarray]  # positions (M, 2) → latents (M, D)


def say(text: str) -> None:
    """Tell how far the benchmark is, beside its result."""
    print(text, file=sys.stderr, flush=True)


def encoded(name: str, data_dir: str | None) -> tuple[VAE, Tensor, Tensor]:
    """A shipped model, its data set's posterior means (N, D) and images (N, C, H, W), in random order."""
    checkpoint = load_checkpoint(checkpoints_root() / name)
    dataset = load_dataset(checkpoint.summary.data.name, "test", data_dir=data_dir)
    indices = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(0))
    return checkpoint.model, encode_images(checkpoint.model, dataset, indices).means, dataset.batch(indices)


def ours(model: VAE, positions: Tensor, latents: Tensor) -> Inverse:
    """The way back from a map that is made as every map is."""
    projection = refine(Projection("umap", latents, positions, linear=None, axes=None), model.decode)
    module = projection.plane_to_latent()

    @torch.inference_mode()
    def inverse(places: np.ndarray) -> np.ndarray:
        return module(torch.from_numpy(places))[0].numpy()

    return inverse


def least(model: VAE, positions: Tensor, latents: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
    """At places (M, 2): images (M, P) decoded from latents as near the local fit of images as can be, and that fit."""
    plane = PlaneToLatent(positions, latents, neighbours=LEAST_NEIGHBOURS)
    images = mean_images(plane, places, latents, model.decode)
    begin = plane(places)[0].detach()
    return decoded(model, approach(begin, images, model.decode, steps=LEAST_STEPS, step=LEAST_STEP)), images.flatten(1)


def seconds_a_call(inverse: Callable[[np.ndarray], object], places: np.ndarray, calls: int) -> float:
    """Median seconds of a call with one position, as a drag makes them."""
    taken = []
    for number in range(calls):
        place = places[number % len(places)][None]
        began = time.perf_counter()
        inverse(place)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def seconds_of_all(inverse: Inverse, places: np.ndarray) -> float:
    """Median seconds of a call with all positions at once."""
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        inverse(places)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


@torch.inference_mode()
def decoded(model: VAE, latents: Tensor) -> Tensor:
    """Images of latents (M, D), flattened: (M, P)."""
    return torch.cat([model.decode(part) for part in latents.split(DECODED_AT_ONCE)]).flatten(1)


def square_errors(found: Tensor, images: Tensor) -> np.ndarray:
    """Mean square error a pixel of each image found, (M,), in float64."""
    return (found - images.flatten(1)).square().mean(1).double().numpy()


def ratio_deviation(our_errors: np.ndarray, rival_errors: np.ndarray) -> float:
    """Standard error of the ratio of mean errors, by resampling the held-out points."""
    chosen = np.random.default_rng(0).integers(len(our_errors), size=(RESAMPLES, len(our_errors)))
    return float((our_errors[chosen].mean(1) / rival_errors[chosen].mean(1)).std())


def nninv_figures(
    model: VAE, positions: Tensor, latents: Tensor, places: np.ndarray, targets: Tensor
) -> tuple[np.ndarray, dict[str, float]]:
    """The errors (M,) of the better of NNInv's two networks at places (M, 2), and the figures of both."""
    low, high = latents.amin(0), latents.amax(0)
    to_latents = fit_nninv(positions, (latents - low) / (high - low))
    to_images = fit_nninv(positions, decoded(model, latents))
    by_latents = square_errors(decoded(model, low + (high - low) * to_latents(places)), targets)
    at_once = square_errors(to_images(places), targets)
    return min(by_latents, at_once, key=np.mean), {
        "nninv_mse": float(min(by_latents.mean(), at_once.mean())),
        "nninv_mse_by_latents": float(by_latents.mean()),
        "nninv_mse_at_once": float(at_once.mean()),
        "nninv_fit_seconds_by_latents": to_latents.seconds,
        "nninv_fit_seconds_at_once": to_images.seconds,
        "nninv_epochs_by_latents": to_latents.epochs,
        "nninv_epochs_at_once": to_images.epochs,
        "nninv_seconds_by_latents": seconds_a_call(to_latents, places, RIVAL_CALLS),
    }


def measure(name: str, data_dir: str | None) -> dict[str, float]:
    """The figures of one model; see `main`."""
    from umap import UMAP

    say(f"{name}: laying out …")
    model, means, images = encoded(name, data_dir)
    fitted, held_out = means[:-HELD_OUT], means[-HELD_OUT:]
    umap = UMAP(random_state=0, n_jobs=1).fit(fitted.numpy())
    positions, places = torch.from_numpy(umap.embedding_), umap.transform(held_out.numpy())
    began = time.perf_counter()
    sides: dict[str, Inverse] = {"ours": ours(model, positions, fitted), "rival": umap.inverse_transform}
    figures = {"ours_fit_seconds": time.perf_counter() - began}
    targets = decoded(model, held_out)
    errors: dict[str, np.ndarray] = {}
    for side, inverse in sides.items():
        say(f"{name}: {side} …")
        seconds_a_call(inverse, places, 1)  # neither side pays for its first call
        found = decoded(model, torch.from_numpy(inverse(places).astype(np.float32)))
        errors[side] = square_errors(found, targets)
        figures[f"{side}_mse"] = float(errors[side].mean())
        figures[f"{side}_mse_to_image"] = float(square_errors(found, images[-HELD_OUT:]).mean())
        figures[f"{side}_seconds"] = seconds_a_call(inverse, places, OUR_CALLS if side == "ours" else RIVAL_CALLS)
        figures[f"{side}_seconds_all_at_once"] = seconds_of_all(inverse, places)
    say(f"{name}: the least …")
    best, fit = least(model, positions, fitted, torch.from_numpy(places))
    figures["least_mse"] = float(square_errors(best, targets).mean())
    figures["local_fit_mse"] = float(square_errors(fit, targets).mean())
    say(f"{name}: NNInv …")
    errors["nninv"], of_nninv = nninv_figures(model, positions, fitted, places, targets)
    return {
        "mse_ratio": figures["ours_mse"] / figures["rival_mse"],
        "mse_ratio_deviation": ratio_deviation(errors["ours"], errors["rival"]),
        "mse_ratio_least": figures["least_mse"] / figures["rival_mse"],
        "mse_ratio_nninv": figures["ours_mse"] / of_nninv["nninv_mse"],
        "mse_ratio_nninv_by_latents": figures["ours_mse"] / of_nninv["nninv_mse_by_latents"],
        "mse_ratio_nninv_deviation": ratio_deviation(errors["ours"], errors["nninv"]),
        "speed_ratio": figures["rival_seconds"] / figures["ours_seconds"],
        "speed_ratio_all_at_once": figures["rival_seconds_all_at_once"] / figures["ours_seconds_all_at_once"],
        **figures,
        **of_nninv,
    }


def main() -> None:
    """Print one JSON object: for each model mse_ratio, mse_ratio_nninv (of the better of its two networks),
    speed_ratio (for one position a call) and what they come from.

    `mse_ratio_least` is about the least that a way back through this decoder can come to, `local_fit_mse` what images
    that nothing has to decode come to. `…_mse_to_image` compares with the image itself; `…_seconds_all_at_once` is one
    call with all held-out positions; `nninv_…_at_once` is of the network that learned images, `nninv_…_by_latents` of
    the one that learned latents.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data-dir", help="where Fashion-MNIST and MNIST lie")
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = {name: measure(name, options.data_dir) for name in MODELS}
    print(json.dumps({name: {key: float(f"{value:.4g}") for key, value in of.items()} for name, of in found.items()}))


if __name__ == "__main__":
    main()

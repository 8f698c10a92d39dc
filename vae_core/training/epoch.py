"""An epoch's end: which weights are shown and kept, what they are worth, σ fitted to them, and what is seen of them.

The running average lags behind while the weights still move fast, and is better once they only jitter: whichever
has the greater ELBO on the images set aside is the one that is shown and kept.
"""

import copy
import json
import math
import time
from pathlib import Path

import torch
from torch import Tensor

from vae_core.checkpoint.layout import MAP_FILE, PICTURE_FILE
from vae_core.checkpoint.replaced_weights import replace_weights
from vae_core.config import ModelConfig, TrainConfig
from vae_core.data.dataset import Dataset
from vae_core.errors import TrainingError
from vae_core.evaluation import Bound, batches, evaluate_bound
from vae_core.files import write_bytes, write_text
from vae_core.films.pictures import contact_sheet
from vae_core.model.posteriors import standard_normal
from vae_core.model.vae import VAE, mean_square_error
from vae_core.projection.linear import principal_components
from vae_core.randomness import generator, stratified_sample
from vae_core.training.events import EpochMetrics, Terms, Weights
from vae_core.training.image_facts import LOOKED_AT, ImageFacts, measure_images
from vae_core.training.state import RunState
from vae_core.training.workers import choose_device
from vae_core.workload import AT_ONCE, PREVIEW_PAUSE, PREVIEW_POINTS, PREVIEWED, SAMPLED_IMAGES


class Images:
    """A data set's images as a run uses them: indices to train on and to validate with, and a fixed drawn sample."""

    def __init__(self, dataset: Dataset, training: TrainConfig) -> None:
        """Raises TrainingError where no image is left to train on."""
        self.dataset = dataset.as_seen(training)
        order = torch.randperm(len(dataset), generator=generator(training.seed, "split"))
        held_out = math.ceil(len(dataset) * training.validation_fraction)
        self.validation, self.training = order[:held_out].sort().values, order[held_out:].sort().values
        if not len(self.training):
            raise TrainingError(
                f"Data set {dataset.name} is too small: with a validation fraction of {training.validation_fraction:g} "
                f"none of its {len(dataset)} images is left to train on. Set it to 0, or hand in more images."
            )
        drawn = stratified_sample(dataset.labels[self.training], SAMPLED_IMAGES, seed=training.seed)
        self.sampled = self.training[drawn.sort().values]  # of the training images

    def facts(self) -> ImageFacts:
        """What the images to train on are like, of a fixed sample."""
        drawn = stratified_sample(self.dataset.labels[self.sampled], LOOKED_AT, seed=0)
        looked_at = self.sampled[drawn]
        seen = self.dataset.batch(looked_at).numpy() if self.dataset.is_binarised else None
        return measure_images(self.dataset.images[looked_at].numpy(), seen)

    @property
    def watched(self) -> Tensor:
        """What the weights are judged by: the validation images, or the sample where there are none."""
        return self.validation if len(self.validation) else self.sampled


@torch.no_grad()
def fit_variance(model: VAE, dataset: Dataset, images: Tensor, seed: int) -> None:
    """Set an optimal σ to the mean square error of the given images, its value of greatest likelihood."""
    if not model.head.variance_is_optimal:
        return
    device = next(model.parameters()).device
    error = torch.zeros((), dtype=torch.float64)
    for number, (_, x) in enumerate(batches(dataset, images, AT_ONCE, device)):
        noise = standard_normal((1, len(x), model.config.latent_dim), x, generator(seed, "variance", number))
        error += mean_square_error(x, model(x, noise)[2]).cpu().double().sum()
    model.head.set_variance((error / len(images)).float())


def better_weights(state: RunState, images: Images) -> tuple[Weights, dict[Weights, Bound]]:
    """Whether the weights that move or their average have the greater ELBO on the images watched, and all bounds.

    An optimal σ is fitted to each first, on the sample.
    """
    seed = state.training.seed
    bounds: dict[Weights, Bound] = {}
    for name, model in state.candidates.items():
        fit_variance(model.eval(), images.dataset, images.sampled, seed)
        bounds[name] = evaluate_bound(model, images.dataset, images.watched, seed)
    worth = {name: bound.elbo if math.isfinite(bound.elbo) else -math.inf for name, bound in bounds.items()}
    better = max(bounds, key=lambda name: worth[name])
    return better, bounds


def measure_epoch(state: RunState, images: Images, beta: float, learning_rate: float) -> EpochMetrics:
    """Evaluate the epoch that `state` has just run, with the better weights; the rate is that of its last step."""
    position = state.position
    weights, bounds = better_weights(state, images)
    bound = bounds.pop(weights)
    others = [other.elbo for other in bounds.values() if math.isfinite(other.elbo)]
    return EpochMetrics(
        epoch=position.epoch + 1,
        step=position.step,
        beta=beta,
        learning_rate=learning_rate,
        training=Terms(*(number / len(images.training) for number in position.sums)),
        validation=Terms(bound.elbo, bound.log_likelihood, bound.kl) if len(images.validation) else None,
        watched_elbo=bound.elbo,
        kl_per_dimension=bound.kl_per_dimension,
        mean_square_error=bound.mean_square_error,
        variance=state.candidates[weights].head.variance,
        weights=weights,
        other_elbo=others[0] if others else None,
        largest_rise=position.largest_rise,
    )


def write_final_weights(folder: Path, state: RunState, images: Images) -> None:
    """Write the weights to keep as the model's, an optimal σ fitted on every training image."""
    model = copy.deepcopy(state.model).eval()
    model.load_state_dict(state.kept_weights)
    fit_variance(model, images.dataset, images.training, state.training.seed)
    replace_weights(folder, model.state_dict())


def keep_saved_state(folder: Path, dataset: Dataset, model: ModelConfig, training: TrainConfig) -> int:
    """Make the best weights of a run's saved state those of its model; returns the steps that the run has taken.

    A checkpoint's weights are written at the end of an epoch, the saved state also in the middle of one.

    Raises:
        CheckpointError: the saved state is damaged.
        OSError: the disk is full; the model's weights are as they were.
    """
    state, images = RunState(model, training, choose_device()), Images(dataset, training)
    state.load(folder)
    position = state.position
    position.weights, bounds = better_weights(state, images)
    if position.best_elbo is None or bounds[position.weights].elbo > position.best_elbo:
        state.best = None  # what there is now is better
    write_final_weights(folder, state, images)
    return position.step


class Previews:
    """Draws previews of one run into its folder."""

    def __init__(self, folder: Path, dataset: Dataset, seed: int) -> None:
        self.folder, self.dataset = folder, dataset
        self.shown = stratified_sample(dataset.labels, PREVIEWED, seed=seed)
        self.mapped = stratified_sample(dataset.labels, PREVIEW_POINTS, seed=seed)
        self.seed = seed
        self.placed: Tensor | None = None
        self.drawn_at = -PREVIEW_PAUSE
        (folder / PICTURE_FILE).parent.mkdir(exist_ok=True)

    def draw(self, model: VAE) -> None:
        """Replace the previews, unless they are fresh."""
        if time.monotonic() - self.drawn_at < PREVIEW_PAUSE:
            return
        was_training = model.training
        with torch.inference_mode():
            model.eval()
            self._draw_images(model)
            self._draw_map(model)
            model.train(was_training)
        self.drawn_at = time.monotonic()

    def _draw_images(self, model: VAE) -> None:
        """Three rows: images, their reconstructions, samples of the prior."""
        x = self.dataset.batch(self.shown).to(next(model.parameters()).device)
        latents = model.prior.sample(len(x), generator(self.seed, "preview")).to(x.device)
        images = torch.cat([x, model.decode(model.posterior(x).mean), model.decode(latents)])
        write_bytes(self.folder / PICTURE_FILE, contact_sheet(images.cpu().numpy(), columns=len(x)), make_folder=False)

    def _draw_map(self, model: VAE) -> None:
        device = next(model.parameters()).device
        parts = [model.posterior(self.dataset.batch(part).to(device)).mean.cpu() for part in self.mapped.split(AT_ONCE)]
        means = torch.cat(parts)
        placed = means if means.shape[1] == 2 else principal_components(means).to_plane(means)
        placed = aligned(placed, self.placed)
        self.placed = placed
        positions = [[round(x, 4), round(y, 4)] for x, y in placed.tolist()]
        content = {"positions": positions, "labels": self.dataset.labels[self.mapped].tolist()}
        write_text(self.folder / MAP_FILE, json.dumps(content), make_folder=False)


def aligned(positions: Tensor, before: Tensor | None) -> Tensor:
    """Positions (N, 2) turned and mirrored to lie as close as can be to where they lay before.

    The orthogonal Procrustes problem: Schönemann (1966).
    """
    centred = positions - positions.mean(0)
    if before is None or before.shape != positions.shape:
        return centred
    left, _, right = torch.linalg.svd(centred.T @ before)
    return centred @ left @ right

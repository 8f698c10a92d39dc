"""What is measured at the end of an epoch, with the weights that would be kept."""

import torch
from torch import Tensor

from vae_core.datasets.dataset import Dataset
from vae_core.evaluation import batches, evaluate_bound
from vae_core.model.posteriors import standard_normal
from vae_core.model.vae import VAE, mean_square_error
from vae_core.randomness import generator
from vae_core.training.events import EpochMetrics, Terms
from vae_core.training.state import RunState

SAMPLED_IMAGES = 10_000  # training images that stand for all of them, but for the last epoch's optimal variance


@torch.no_grad()
def measure_epoch(state: RunState, dataset: Dataset, training: Tensor, validation: Tensor, beta: float) -> EpochMetrics:
    """Evaluate the epoch that `state` has just run; `training` and `validation` are indices of the data set.

    An optimal variance is refitted first: on a sample of the training images, on all of them in the last epoch.
    """
    position, seed = state.position, state.training.seed
    model = state.evaluated.eval()
    if model.head.variance_is_optimal:
        last = position.epoch + 1 == state.training.epochs
        refit_variance(model, dataset, training if last else training[:SAMPLED_IMAGES], seed)
    watched = validation if len(validation) else training[:SAMPLED_IMAGES]
    bound = evaluate_bound(model, dataset, watched, seed)
    return EpochMetrics(
        epoch=position.epoch + 1,
        step=position.step,
        beta=beta,
        learning_rate=state.optimizer.param_groups[0]["lr"],
        training=Terms(*(number / len(training) for number in position.sums)),
        validation=Terms(bound.elbo, bound.log_likelihood, bound.kl) if len(validation) else None,
        watched_elbo=bound.elbo,
        kl_per_dimension=bound.kl_per_dimension,
        mean_square_error=bound.mean_square_error,
        variance=model.head.variance,
    )


def refit_variance(model: VAE, dataset: Dataset, images: Tensor, seed: int) -> None:
    """Set σ to the mean square error of the given images, its value of greatest likelihood."""
    device = next(model.parameters()).device
    error = torch.zeros((), dtype=torch.float64)
    for number, (_, x) in enumerate(batches(dataset, images, 500, device)):
        noise = standard_normal((1, len(x), model.config.latent_dim), x, generator(seed, "variance", number))
        error += mean_square_error(x, model(x, noise)[2]).cpu().double().sum()
    model.head.set_variance(error / len(images))

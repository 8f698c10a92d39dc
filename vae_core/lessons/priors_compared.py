"""Lesson 7: a model's decoder under three priors, N(0, I), a mixture and a flow, and what each says of new encodings.

The last two are fitted to draws of the posteriors of training images. How likely they make those of images that were
not trained on says how well each describes the aggregate posterior: the higher, the higher the ELBO under that prior.
"""

import base64
import math
from collections.abc import Callable

import torch
from torch import Tensor

from vae_core.checked_settings import Settings
from vae_core.checkpoint.weights import DECODED_AT_ONCE, Checkpoint, load_checkpoint
from vae_core.data.dataset import Dataset, model_images
from vae_core.errors import DatasetError
from vae_core.evaluation import batches
from vae_core.films.pictures import contact_sheet
from vae_core.fitting import fit_prior
from vae_core.lessons.flow_training import train_flow
from vae_core.lessons.orders import PriorPart, PriorsOrder, PriorTitle
from vae_core.model.flow import RealNVP
from vae_core.model.posteriors import DiagonalGaussian, FullGaussian, Posterior, standard_normal_log_prob
from vae_core.model.priors import Prior, StandardNormal
from vae_core.progress import Pace, ProgressListener
from vae_core.randomness import generator
from vae_core.runs.run import data_dir_of

LEARNED = 4000  # images that the flow is fitted to, at most
HELD_OUT = 1000
FEWEST_HELD_OUT = 2  # of one image no standard error is known
ENCODED_AT_ONCE = 500
STEPS = 1200
BATCH = 256
PEAK = 3e-3  # of the learning rate
SHOWN, COLUMNS = 24, 6


def priors_lesson(order: PriorsOrder, progress: ProgressListener, told: Callable[[Settings], None]) -> None:
    """Encodes, then tells of each prior in turn.

    Raises:
        UserError: the model or its images cannot be read, or too few of these are held out.
    """
    checkpoint = load_checkpoint(order.folder)
    unseen = _images(checkpoint, "test", progress)
    if len(unseen) < FEWEST_HELD_OUT:
        raise DatasetError(
            f"{unseen.name}: with {len(unseen)} image held out nobody can say how sure a comparison is; it takes "
            f"{FEWEST_HELD_OUT} or more."
        )
    held_out = encoded(checkpoint, unseen, HELD_OUT, order.seed, progress)
    judge = Judge(checkpoint, held_out.sample(generator(order.seed, "held-out encodings")), order.seed)
    told(judge.of("N(0, I)", StandardNormal(checkpoint.summary.model.latent_dim)))
    train = _images(checkpoint, "train", progress)
    mixture = checkpoint.fitted_prior
    if mixture is None:
        mixture = fit_prior(checkpoint.model, train, seed=order.seed, progress=progress)
    told(judge.of("mixture", mixture))
    told(judge.of("flow", fitted_flow(encoded(checkpoint, train, LEARNED, order.seed, progress), order.seed, progress)))


def _images(checkpoint: Checkpoint, split: str, progress: ProgressListener) -> Dataset:
    """The images that the model was trained on, or those held out, as it takes them."""
    summary = checkpoint.summary
    data_dir = data_dir_of(summary.path)
    return model_images(summary.model, summary.training, split, data_dir=data_dir, progress=progress)


@torch.inference_mode()
def encoded(checkpoint: Checkpoint, dataset: Dataset, most: int, seed: int, progress: ProgressListener) -> Posterior:
    """q(z|x) of at most so many images of a data set, drawn at random."""
    chosen = torch.randperm(len(dataset), generator=generator(seed, "images to encode"))[:most]
    pace = Pace(progress, f"Encoding {len(chosen):,} images", len(chosen))
    found: list[Posterior] = []
    for _, x in batches(dataset, chosen, ENCODED_AT_ONCE, torch.device("cpu")):
        found.append(checkpoint.model.posterior(x))
        pace.at(sum(len(each.mean) for each in found))
    if isinstance(found[0], FullGaussian):
        factors = [each.cholesky for each in found if isinstance(each, FullGaussian)]
        return FullGaussian(torch.cat([each.mean for each in found]), torch.cat(factors))
    return DiagonalGaussian(torch.cat([each.mean for each in found]), torch.cat([each.log_variance for each in found]))


def fitted_flow(posterior: Posterior, seed: int, progress: ProgressListener) -> RealNVP:
    """A flow fitted to draws of so many posteriors, fresh ones at every step."""
    means, dimension = posterior.mean.clone(), posterior.mean.shape[1]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        flow = RealNVP(dimension)
    pace = Pace(progress, f"Fitting a flow to the encodings of {len(means):,} images", STEPS)

    def draw(_: int, source: torch.Generator) -> Tensor:
        chosen = torch.randint(len(means), (BATCH,), generator=source)
        return drawn(posterior, chosen, source)

    train_flow(flow, draw, STEPS, seed, PEAK, lambda step, _: pace.at(step))
    return flow


def drawn(posterior: Posterior, chosen: Tensor, source: torch.Generator) -> Tensor:
    """One draw of each chosen posterior, (B, D)."""
    some: Posterior
    if isinstance(posterior, FullGaussian):
        some = FullGaussian(posterior.mean[chosen], posterior.cholesky[chosen])
    else:
        some = DiagonalGaussian(posterior.mean[chosen], posterior.log_variance[chosen])
    return some.sample(source).clone()  # what inference has made, training could not use


class Judge:
    """What a prior says of the same held-out encodings (N, D), and what it makes the decoder draw."""

    def __init__(self, checkpoint: Checkpoint, encodings: Tensor, seed: int) -> None:
        self._checkpoint, self._encodings, self._seed = checkpoint, encodings, seed
        self._normal = standard_normal_log_prob(encodings).double()

    @torch.no_grad()
    def of(self, name: PriorTitle, prior: Prior) -> PriorPart:
        """The figures and the sheet of one prior."""
        density = prior.log_prob(self._encodings).double()
        difference = density - self._normal
        latents = prior.sample(SHOWN, generator(self._seed, f"draws of {name}"))
        images = torch.cat([self._checkpoint.model.decode(part) for part in latents.split(DECODED_AT_ONCE)])
        return PriorPart(
            name=name,
            log_density=density.mean().item(),
            log_density_error=density.std().item() / math.sqrt(len(density)),
            difference=difference.mean().item(),
            difference_error=difference.std().item() / math.sqrt(len(density)),
            images=len(density),
            sheet=base64.b64encode(contact_sheet(images.numpy(), columns=COLUMNS)).decode(),
        )

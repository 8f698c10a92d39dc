"""Small models of scikit-learn's 8×8 digits, trained in a second or two: what lessons 4 and 5 look at."""

from collections.abc import Callable

import torch
from torch import Tensor

from vae_core.checkpoint.weights import build_model
from vae_core.config import ModelConfig
from vae_core.data.dataset import load_dataset
from vae_core.errors import DivergedError
from vae_core.model.posteriors import standard_normal
from vae_core.model.vae import VAE, training_loss
from vae_core.randomness import generator
from vae_core.training.schedules import learning_rate

DATA = "digits"
SIDE = 8
BATCH = 128
PEAK = 4e-3  # of the learning rate; a network as small as this takes more than a large one
SLOW = 2e-3  # of a linear one
OF_VARIANCE = 10  # times that for log σ, which has to come from log 0.1 all the way within a few hundred steps


def digits(split: str = "train") -> Tensor:
    """All images of a split, (N, 1, 8, 8) in [0, 1]: 1,438 to train with, 359 held out."""
    dataset = load_dataset(DATA, split)
    return dataset.batch(torch.arange(len(dataset)))


def small_config(*, variance: float | str, latent_dim: int = 8, network: str = "mlp") -> ModelConfig:
    """One hidden layer of 64 units on each side, some 10,000 weights in all; or a linear network."""
    hidden = {"hidden_units": 64, "hidden_layers": 1} if network == "mlp" else {}
    shape = {"network": network, "latent_dim": latent_dim, "image_size": SIDE, "channels": 1}
    return ModelConfig.parse({**shape, **hidden, "likelihood": "gaussian", "variance": variance})


class Training:
    """A model on its way: `go` takes it on by some steps of the ELBO with one sample an image, on a one-cycle rate."""

    def __init__(self, config: ModelConfig, images: Tensor, steps: int, seed: int, peak: float = PEAK) -> None:
        self.model: VAE = build_model(config, seed)
        self.images, self.steps, self.seed, self.peak = images, steps, seed, peak
        self.taken = 0
        of_variance = list(self.model.head.parameters())
        others = [*self.model.encoder.parameters(), *self.model.decoder.parameters()]
        groups = [{"params": others, "pace": 1}, {"params": of_variance, "pace": OF_VARIANCE}]
        self._optimizer = torch.optim.Adam([group for group in groups if group["params"]], lr=peak)

    def go(self, steps: int, told: Callable[[int], None] | None = None) -> VAE:
        """The model after so many more steps; `told` hears of each.

        Raises:
            DivergedError: the loss is not finite any more.
        """
        for _ in range(steps):
            self._step()
            if told is not None:
                told(self.taken)
        return self.model

    def _step(self) -> None:
        source = generator(self.seed, "lesson step", self.taken)
        for group in self._optimizer.param_groups:
            group["lr"] = group["pace"] * learning_rate("one-cycle", self.peak, self.taken / max(1, self.steps - 1))
        x = self.images[torch.randint(len(self.images), (min(BATCH, len(self.images)),), generator=source)]
        noise = standard_normal((1, len(x), self.model.config.latent_dim), x, source)
        loss = training_loss(self.model, x, noise, images=len(x)).value
        if not bool(loss.isfinite()):
            raise DivergedError(f"The loss of the lesson's model became {loss.item()}; try another seed.")
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        self.taken += 1

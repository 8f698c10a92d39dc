"""A VAE that was trained elsewhere: two graphs of our own writing, with the same verbs as a VAE of ours."""

import torch
from torch import Tensor, nn

from vae_core.config import WITH_VARIANCE, ModelConfig
from vae_core.errors import UserError
from vae_core.model.likelihoods import Bernoulli, ContinuousBernoulli, Gaussian, Laplace, Likelihood, LikelihoodHead
from vae_core.model.posteriors import DiagonalGaussian, Posterior
from vae_core.model.vae import VAE
from vae_core.onnx_graphs.arranging import UnsupportedError
from vae_core.onnx_graphs.module import RuntimeGraph, TorchGraph, graph_module

AT_ONCE = 100  # images: nobody knows how much memory somebody else's graph takes
# What a pixel keeps away from 0 and 1, where logits are infinite: any nearer, a step of float32 moves one by tenths.
EDGE = 1e-6


def has_encoder(model: VAE) -> bool:
    """Whether images can be encoded, which only some imported models cannot."""
    return not isinstance(model, ImportedVAE) or model.encoder_file is not None


def has_gradients(model: VAE) -> bool:
    """Whether images have slopes by latents, which only some imported models lack."""
    return not isinstance(model, ImportedVAE) or model.differentiable


def tells_variance(model: VAE) -> bool:
    """Whether posteriors have a variance of their own, which only some imported models lack."""
    return not isinstance(model, ImportedVAE) or model.encodes_variance


class ImportedVAE(VAE):
    """`decoder_file`: `latent` (batch, D) → `image` (batch, C, H, W) in [0, 1]; `encoder_file`, where there is one:
    `image` → `mean` and `log_variance` (batch, D).
    """

    decoder: TorchGraph | RuntimeGraph
    encoder: TorchGraph | RuntimeGraph

    def __init__(
        self,
        config: ModelConfig,
        decoder_file: bytes,
        encoder_file: bytes | None,
        differentiable: bool = True,
        encoder_in_torch: bool = True,
        encodes_variance: bool = True,
    ) -> None:
        """Torch runs the decoder where it has its operators and `differentiable`, the encoder where `encoder_in_torch`;
        else onnxruntime. Where not `encodes_variance`, that which the encoder's graph gives is made up.

        Raises:
            GraphError: neither does.
        """
        nn.Module.__init__(self)
        self.config = config
        self.decoder_file, self.encoder_file = decoder_file, encoder_file
        self.decoder = graph_module(decoder_file, differentiable)
        if encoder_file is not None:
            self.encoder = graph_module(encoder_file, encoder_in_torch)
        self.encodes_variance = encodes_variance and encoder_file is not None
        self.head = LikelihoodHead(config)
        self.learned_prior = None
        # What says where the model is: everything else asks its parameters for that, and a graph may have none.
        self.place = nn.Parameter(torch.zeros(()), requires_grad=False)

    @property
    def differentiable(self) -> bool:
        """Whether images have slopes by latents, without which there are no geodesics."""
        return self.decoder.differentiable

    def posterior(self, x: Tensor) -> Posterior:
        """q(z|x) of images (N, C, H, W). Raises UserError where the model has no encoder."""
        if self.encoder_file is None:
            raise UserError("This model was imported without an encoder, so that no image can be encoded.")
        try:
            found = [self.encoder(part) for part in x.split(AT_ONCE)]
        except UnsupportedError:  # of a checkpoint that was imported before encoders were tried
            self.encoder = RuntimeGraph(self.encoder_file)
            found = [self.encoder(part) for part in x.split(AT_ONCE)]
        means, log_variances = (torch.cat([part[name] for part in found]) for name in ("mean", "log_variance"))
        return DiagonalGaussian(means, log_variances)

    def mean_image(self, z: Tensor) -> Tensor:
        """As `decode`, since of what an original gives beyond [0, 1] nobody knows how it was judged; of a continuous
        Bernoulli, whose parameter the image is, the mean.
        """
        image = self.decode(z)
        return ContinuousBernoulli(_logits(image)).mean if self.config.likelihood == "continuous-bernoulli" else image

    def decode(self, z: Tensor) -> Tensor:
        """The image of each latent, as the original shows it: (N, D) → (N, C, H, W) in [0, 1]."""
        if z.requires_grad and torch.is_grad_enabled() and not self.differentiable:
            raise UserError(
                "This model's decoder has operators that are run without gradients, so that no shortest way can be "
                "found: take the line, the great circle, or a film of either."
            )
        return torch.cat([self.decoder(part)["image"] for part in z.split(AT_ONCE)]).clamp(0, 1)

    def likelihood(self, z: Tensor) -> Likelihood:
        """p(x|z) of latents (…, N, D), the image being its parameter. Raises UserError where it is not known."""
        image = self.decode(z.flatten(0, -2)).unflatten(0, z.shape[:-1])
        told, variance = self.config.likelihood, self.config.variance
        if self.encoder_file is not None and not self.encodes_variance:
            raise UserError("This model's encoder tells no variance, so that there are no figures in nats.")
        # Without a number for its variance nobody knows it: here is nothing to learn it from.
        if told == "unknown" or (told in WITH_VARIANCE and not isinstance(variance, float)):
            raise UserError(
                "This model's likelihood is not known, so that there are no figures in nats: import it again and say "
                "which it was trained with."
            )
        if told in WITH_VARIANCE:
            family = Laplace if told == "laplace" else Gaussian
            return family(image, self.head.log_variance.exp())
        return (Bernoulli if told == "bernoulli" else ContinuousBernoulli)(_logits(image))


def _logits(image: Tensor) -> Tensor:
    return torch.logit(image, EDGE)

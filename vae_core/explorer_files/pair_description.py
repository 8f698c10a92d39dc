"""What stands in `model.json` beside a decoder and an encoder as ONNX files. Free of torch."""

from typing import Any

from vae_core.config import ModelConfig

PAIR_FILE, PAIR_DECODER, PAIR_ENCODER = "model.json", "decoder.onnx", "encoder.onnx"


def left_behind(model: ModelConfig) -> list[str]:
    """Sentences on what of a model two graphs cannot hold."""
    told = []
    if model.prior != "standard":
        told.append(f"Its learned prior, a {model.prior}, stays behind: others will take N(0, I) for it.")
    if model.posterior == "full":
        told.append(
            "Of the posterior's full covariance others will take the variances alone: all of it is in the encoder's "
            "third output, cholesky, where the map is not older than that."
        )
    if not _image_tells_likelihood(model):
        shown = "cut to what can be shown" if model.network == "linear" else "the mean of a continuous Bernoulli"
        told.append(
            f"An image that its decoder gives is {shown}, which tells no likelihood: figures in nats stay behind."
        )
    return told


def _image_tells_likelihood(model: ModelConfig) -> bool:
    """Whether the likelihood has the decoder's image for its parameter, as that of an imported model has."""
    return model.network == "imported" or not (model.likelihood == "continuous-bernoulli" or model.network == "linear")


def describe_pair(
    model: ModelConfig, variance: float | None, class_names: tuple[str, ...] = (), *, tells_variance: bool = True
) -> dict[str, Any]:
    """What the graphs themselves do not say, in the words in which imports are told: `imports.description.Description`.

    `variance` is that of a pixel, of a Gaussian or Laplace likelihood; `tells_variance` is of the encoder, whose own is
    made up otherwise. Whether there is one is seen by its file.
    """
    described = {
        "latent_shape": [model.latent_dim],
        "image_size": model.image_size,
        "channels": model.channels,
        "layout": "NCHW",
        "pixels": "unit",
        "second": "log-variance" if tells_variance else "none",
        "likelihood": model.likelihood if _image_tells_likelihood(model) else "unknown",
        "variance": variance,
        "class_names": list(class_names) or None,
    }
    return {name: value for name, value in described.items() if value is not None}

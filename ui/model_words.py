"""A model in plain words, for captions and pickers."""

from vae_core.checkpoint.layout import CheckpointSummary

DATA_NAMES = {
    "digits": "handwritten digits (scikit-learn)",
    "sprites": "sprites",
    "mnist": "MNIST",
    "fashion-mnist": "Fashion-MNIST",
    "kmnist": "KMNIST",
    "emnist": "EMNIST",
    "cifar10": "CIFAR-10",
    "svhn": "SVHN",
    "celeba": "CelebA",
}
NETWORK_NAMES = {
    "linear": "linear network",
    "mlp": "fully connected network",
    "conv": "convolutional network",
}


def one_line(summary: CheckpointSummary) -> str:
    """Data set, latent dimensions, network and, where the model was evaluated, its test ELBO."""
    model = summary.model
    parts = [
        DATA_NAMES.get(summary.data.name, summary.data.name),
        f"{model.latent_dim} latent dimension{'' if model.latent_dim == 1 else 's'}",
        NETWORK_NAMES[model.network],
    ]
    elbo = (summary.metrics or {}).get("elbo")
    if isinstance(elbo, int | float):
        parts.append(f"ELBO {elbo:.1f} nats an image".replace("-", "−"))
    return " · ".join(parts)

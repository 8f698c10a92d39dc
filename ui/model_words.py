"""A model in plain words, for captions and pickers: Markdown that shows the checkpoint's own words as they are."""

from ui.plain_words import literal
from vae_core.checkpoint.layout import CheckpointSummary
from vae_core.data.named.catalogue import CATALOGUE

DATA_NAMES = {entry.name: entry.title for entry in CATALOGUE.values()}
NETWORK_NAMES = {
    "linear": "linear network",
    "mlp": "fully connected network",
    "conv": "convolutional network",
}


def one_line(summary: CheckpointSummary) -> str:
    """Data set, latent dimensions, network and, where the model was evaluated, its test ELBO."""
    model = summary.model
    # Of somebody's own images, which may be called as one of the catalogue's, a path is known.
    named = DATA_NAMES.get(summary.data.name) if summary.training.data == summary.data.name else None
    parts = [
        named or literal(summary.data.name),
        f"{model.latent_dim} latent dimension{'' if model.latent_dim == 1 else 's'}",
        NETWORK_NAMES[model.network],
    ]
    elbo = summary.figure("elbo")
    if elbo is not None:
        parts.append(f"ELBO {elbo:.1f} nats an image".replace("-", "−"))
    return " · ".join(parts)

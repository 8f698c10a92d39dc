"""The model card: README.md of a checkpoint, written from its settings and figures alone."""

import shlex
from pathlib import Path
from typing import Any

from vae_core.checkpoint.layout import CARD_FILE, CheckpointSummary, read_checkpoint
from vae_core.config import ModelConfig, TrainConfig
from vae_core.datasets.catalogue import CATALOGUE
from vae_core.files import write_text


def training_command(summary: CheckpointSummary) -> str:
    """The command that trains this model again, with every setting that is not a default."""
    words = ["python", "-m", "vae_core", "train", "--data", summary.data.name]
    implied = {"image_size": summary.model.image_size, "channels": summary.model.channels}
    entry = CATALOGUE.get(summary.data.name)
    native = {"image_size": entry.image_size, "channels": entry.channels} if entry else {}
    records: list[tuple[Any, dict[str, Any]]] = [
        (
            summary.model,
            ModelConfig.parse({**implied, "likelihood": summary.model.likelihood}).model_dump() | native,
        ),
        (summary.training, TrainConfig(data=summary.training.data).model_dump()),
    ]
    for record, defaults in records:
        for name, value in record.model_dump().items():
            spelled = {"network": "model"}.get(name, name).replace("_", "-")
            if name in ("network", "likelihood", "latent_dim") or value != defaults[name]:
                words += [] if value is None or name == "data" else [f"--{spelled}", str(value)]
    return shlex.join([*words, "--output", f"checkpoints/{summary.name}"])


def _data_words(summary: CheckpointSummary) -> str:
    entry = CATALOGUE.get(summary.data.name)
    held_out = summary.training.validation_fraction
    text = f"{summary.data.images:,} images of `{summary.data.name}`"
    if entry and entry.train_count != summary.data.images:
        text += f", a part of the complete training set's {entry.train_count:,}"
    if held_out:
        text += f"; {held_out:.0%} of them held out to validate"
    return f"{text}. Fingerprint `{summary.data.fingerprint[:16]}`."


def _likelihood_words(model: ModelConfig) -> str:
    if model.likelihood == "bernoulli":
        return (
            "Bernoulli. On grey images this is not a density: its ELBO can't be compared with that of the "
            "continuous-bernoulli or gaussian likelihoods."
        )
    if model.likelihood == "continuous-bernoulli":
        return "continuous Bernoulli, a density on [0, 1]."
    return f"Gaussian, variance {model.variance}."


def _figures(metrics: dict[str, Any] | None, latent_dim: int) -> list[str]:
    if metrics is None:
        return ["Not evaluated yet: `python -m vae_core evaluate` does it.", ""]
    agreement = metrics.get("label_agreement")
    lines = [
        f"On the {metrics['images']:,} images of the {metrics['split']} split of `{metrics['data']}`, "
        "in nats per image with every constant kept:",
        "",
        "| figure | value |",
        "|---|---|",
        f"| ELBO | {metrics['elbo']:.2f} |",
        f"| expected log-likelihood | {metrics['log_likelihood']:.2f} |",
        f"| KL | {metrics['kl']:.2f} |",
        f"| negative log-likelihood | {metrics['negative_log_likelihood']:.2f} ± "
        f"{metrics['negative_log_likelihood_standard_error']:.2f} (standard error; {metrics['importance_samples']} "
        f"importance samples an image, {metrics['likelihood_images']:,} images) |",
        f"| active units | {metrics['active_units']} of {latent_dim} |",
        f"| mean square error a pixel | {metrics['mean_square_error']:.5f} |",
    ]
    if agreement is not None:
        lines.append(f"| label agreement of the ten nearest neighbours in latent space | {agreement:.1%} |")
    return [*lines, ""]


def card_text(summary: CheckpointSummary) -> str:
    """The card of a checkpoint, as Markdown."""
    model = summary.model
    size = f"{model.image_size}×{model.image_size} px, {'grey' if model.channels == 1 else 'colour'}"
    lines = [
        f"# {summary.name}",
        "",
        f"A variational autoencoder for images of {size}: {model.network} networks, {model.latent_dim} latent "
        f"dimensions, {model.posterior} posterior covariance.",
        "",
        f"- **Data**: {_data_words(summary)}",
        f"- **Likelihood**: {_likelihood_words(model)}",
        "- **Weights**: safetensors; the decoder and encoder are also in `explorer/` as ONNX once a map is drawn.",
        "",
        "## Figures",
        "",
        *_figures(summary.metrics, model.latent_dim),
        "## Made with",
        "",
        "```",
        training_command(summary),
        "```",
        "",
    ]
    return "\n".join(lines)


def write_card(folder: str | Path) -> None:
    """Write a checkpoint's README.md from what its folder says."""
    write_text(Path(folder) / CARD_FILE, card_text(read_checkpoint(folder)))

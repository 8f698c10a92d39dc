"""The model card: README.md of a checkpoint, written from its settings and figures alone."""

import re
import shlex
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from vae_core.augmentation import in_words, suggested
from vae_core.checkpoint.layout import CARD_FILE, CheckpointSummary, read_checkpoint
from vae_core.checkpoint.provenance import Origin
from vae_core.config import ModelConfig, TrainConfig
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.files import read_small, write_text

TO_KNOW = "- **What to know**: "
LARGEST_CARD = 1 << 20  # bytes
DISENTANGLEMENT = {
    "mutual_information_gap": "mutual information gap (MIG)",
    "dci_disentanglement": "DCI disentanglement",
    "dci_completeness": "DCI completeness",
    "dci_informativeness": "DCI informativeness",
    "factor_vae_score": "FactorVAE score",
}


def training_command(summary: CheckpointSummary, *, data: str | None = None, output: str | None = None) -> str:
    """The command that trains this model again, with every setting that it would not take by itself.

    Somebody's own images are called by their own name, not by where they lay on the machine that trained, unless
    `data` says it.
    """
    entry = CATALOGUE.get(summary.training.data)
    if data is None:
        data = entry.name if entry else own_file(summary)
        data = f"./{data}" if not entry and data in CATALOGUE else data
    words = ["python", "-m", "vae_core", "train", "--data", data]
    size = {"image_size": summary.model.image_size, "channels": summary.model.channels}
    native = dict.fromkeys(size) if entry is None else {"image_size": entry.image_size, "channels": entry.channels}
    few = suggested(summary.data.images, summary.model.image_size, summary.model.channels, summary.data.class_names)
    records: list[tuple[Any, dict[str, Any]]] = [
        (
            summary.model,
            ModelConfig.parse({**size, "likelihood": summary.model.likelihood}).model_dump() | native,
        ),
        (summary.training, TrainConfig.parse({"data": summary.training.data, **few}).model_dump()),
    ]
    for record, defaults in records:
        for name, value in record.model_dump().items():
            spelled = {"network": "model"}.get(name, name).replace("_", "-")
            if name in ("network", "likelihood", "latent_dim") or value != defaults[name]:
                words += [] if value is None or name == "data" else [f"--{spelled}", str(value)]
    return shlex.join([*words, "--output", output or f"checkpoints/{summary.name}"])


def own_file(summary: CheckpointSummary) -> str:
    """The name of the folder or file that somebody's own images were in."""
    return PurePath(summary.training.data).name or summary.data.name


def _data_words(summary: CheckpointSummary) -> str:
    entry = CATALOGUE.get(summary.training.data)
    held_out = summary.training.validation_fraction
    text = f"{summary.data.images:,} images of `{summary.data.name}`"
    if entry and entry.train_count not in (0, summary.data.images):
        text += f", a part of the complete training set's {entry.train_count:,}"
    if held_out:
        text += f"; {held_out:.0%} of them held out to validate"
    if words := in_words(summary.training):
        text += f"; in training they are {words}"
    if summary.training.binarise != "off":
        when = "anew at each step" if summary.training.binarise == "dynamic" else "once"
        text += (
            f"; binarised, each pixel white with the chance that its grey tells: drawn {when}, those to test on once"
        )
    return f"{text}. Fingerprint `{summary.data.fingerprint[:16]}`."


def _likelihood_words(summary: CheckpointSummary) -> str:
    model = summary.model
    if model.likelihood == "bernoulli":
        return (
            "Bernoulli, of binary images."
            if summary.training.binarise != "off"
            else (
                "Bernoulli. On grey images this is not a density: its ELBO can't be compared with that of the "
                "other likelihoods."
            )
        )
    if model.likelihood == "continuous-bernoulli":
        return "continuous Bernoulli, a density on [0, 1]."
    return f"{'Laplace' if model.likelihood == 'laplace' else 'Gaussian'}, variance {model.variance}."


def with_error(value: float, error: float | None) -> str:
    """A figure with its standard error, where there is one."""
    return f"{value:.2f}" if error is None else f"{value:.2f} ± {error:.2f}"


def _figures(summary: CheckpointSummary) -> list[str]:
    metrics, model = summary.metrics, summary.model
    if metrics is None:
        return ["Not evaluated yet: `python -m vae_core evaluate` does it.", ""]
    agreement = metrics.get("label_agreement")
    lines = [
        f"On the {metrics['images']:,} images of the {metrics['split']} split of `{metrics['data']}`, "
        f"in nats per image with every constant kept and, unless another is named, under {_own_prior(model)}; ± is one "
        "standard error over images:",
        "",
        "| figure | value |",
        "|---|---|",
        f"| ELBO | {with_error(metrics['elbo'], metrics.get('elbo_standard_error'))} |",
        f"| expected log-likelihood | {metrics['log_likelihood']:.2f} |",
        f"| KL | {metrics['kl']:.2f} |",
        "| negative log-likelihood | "
        f"{with_error(metrics['negative_log_likelihood'], metrics['negative_log_likelihood_standard_error'])} |",
        *_under_fitted_prior(metrics),
        f"| active units | {metrics['active_units']} of {model.latent_dim} |",
        f"| mean square error a pixel | {metrics['mean_square_error']:.5f} |",
    ]
    if agreement is not None:
        lines.append(f"| label agreement of the ten nearest neighbours in latent space | {agreement:.1%} |")
    scores = metrics.get("disentanglement")
    if scores is not None:
        lines += [f"| {words} | {scores[name]:.3f} |" for name, words in DISENTANGLEMENT.items()]
    about = [f"Disentanglement is of the factors {', '.join(scores['factors'])}.", ""] if scores is not None else []
    return [*lines, "", *about, _likelihood_method(metrics), *_comparability(summary), ""]


def _own_prior(model: ModelConfig) -> str:
    """What a model's own figures are under."""
    return "the prior N(0, I)" if model.prior == "standard" else "the prior that it has learned"


def _prior_words(model: ModelConfig) -> str:
    """What a prior that was trained along with the weights is made of."""
    if model.prior == "mixture":
        gaussians = f"Gaussian{'s' * (model.components > 1)}"
        return f"a mixture of {model.components:,} {gaussians}, learned along with the weights."
    return f"a flow of {model.couplings} affine coupling layers (RealNVP), learned along with the weights."


def _objective_words(training: TrainConfig) -> str:
    """What was maximised, where that is not the ELBO with its weight β."""
    return (
        f"that of a β-TCVAE, in which a weight β of {training.beta:g} stands on the total correlation of the latent "
        "dimensions alone; the figures are those of the ELBO."
    )


def _under_fitted_prior(metrics: dict[str, Any]) -> list[str]:
    elbo, nll = metrics.get("fitted_prior_elbo"), metrics.get("fitted_prior_negative_log_likelihood")
    if elbo is None or nll is None:
        return []
    elbo_error = metrics["fitted_prior_elbo_standard_error"]
    nll_error = metrics["fitted_prior_negative_log_likelihood_standard_error"]
    return [
        f"| ELBO under the fitted prior | {with_error(elbo, elbo_error)} |",
        f"| negative log-likelihood under the fitted prior | {with_error(nll, nll_error)} |",
    ]


def _likelihood_method(metrics: dict[str, Any]) -> str:
    """How the negative log-likelihood was obtained, of these figures or of those of an earlier version."""
    samples, images = metrics["importance_samples"], metrics["likelihood_images"]
    if "elbo_standard_error" in metrics and images < metrics["images"]:
        return (
            f"The negative log-likelihood is the ELBO of all images, with its sign changed, less the gap between "
            f"log p(x) and the ELBO on {images:,} of them drawn at random, by importance sampling with {samples:,} "
            "samples an image."
        )
    which = "every image" if images == metrics["images"] else f"{images:,} of the images"
    return f"The negative log-likelihood is that of {which}, by importance sampling with {samples:,} samples an image."


def _comparability(summary: CheckpointSummary) -> list[str]:
    if summary.training.binarise == "dynamic":
        return ["", "These are log probabilities of binarised images, as published figures are, in nats."]
    if summary.model.likelihood == "bernoulli":
        return []
    return [
        "",
        "These are log densities of grey values in [0, 1], so they may be positive. They compare with those of other "
        "models made here on the same images, but with no published figures, which are of binary or of 8-bit images.",
    ]


def card_text(summary: CheckpointSummary, to_know: str | None = None) -> str:
    """The card of a checkpoint, as Markdown; `to_know` is a sentence on what went wrong with its training."""
    model = summary.model
    if summary.origin is not None:
        return _imported_card(summary, summary.origin)
    size = f"{model.image_size}×{model.image_size} px, {'grey' if model.channels == 1 else 'colour'}"
    lines = [
        f"# {_as_it_is(summary.title)}",
        "",
        f"A variational autoencoder for images of {size}: {model.network} networks, {model.latent_dim} latent "
        f"dimensions, {model.posterior} posterior covariance.",
        "",
        f"- **Data**: {_data_words(summary)}",
        f"- **Likelihood**: {_likelihood_words(summary)}",
        *([] if model.prior == "standard" else [f"- **Prior**: {_prior_words(model)}"]),
        *([] if summary.training.objective == "elbo" else [f"- **Objective**: {_objective_words(summary.training)}"]),
        "- **Weights**: safetensors; the decoder and encoder are also in `explorer/` as ONNX once a map is drawn.",
        *([f"{TO_KNOW}{to_know}"] if to_know else []),
        "",
        "## Figures",
        "",
        *_figures(summary),
        "## Made with",
        "",
        *_where(summary),
        "```",
        training_command(summary),
        "```",
        "",
    ]
    return "\n".join(lines)


def _imported_card(summary: CheckpointSummary, origin: Origin) -> str:
    """Of a model that was trained elsewhere: where it comes from, and what is not known."""
    model = summary.model
    likelihood = (
        _likelihood_words(summary) if model.likelihood != "unknown" else "not known; there are no figures in nats."
    )
    shape = " × ".join(map(str, origin.latent_shape))
    latents = f"{model.latent_dim} numbers"
    if origin.variance_kept is not None:
        latents = (
            f"{model.latent_dim} principal components of images' latents of shape {shape}, which keep "
            f"{origin.variance_kept:.1%} of their variance"
        )
    notes = [f"- {note}" for note in origin.notes]
    source = origin.source.replace("`", "'")
    figures = ["## Figures", "", *_figures(summary)] if summary.metrics else []
    lines = [
        f"# {_as_it_is(summary.title)}",
        "",
        f"A variational autoencoder for images of {model.image_size}×{model.image_size} px, "
        f"{'grey' if model.channels == 1 else 'colour'}, that was trained elsewhere.",
        "",
        f"- **Comes from**: `{source}`, recognised as {origin.way}. Decoder `{origin.fingerprint[:16]}`.",
        f"- **Latents**: {latents}.",
        f"- **Encoder**: {origin.encoder}.",
        f"- **Likelihood**: {likelihood}",
        f"- **Map**: {origin.mapped}.",
        "- **Weights**: ONNX graphs that this software has written anew; nothing of the original's code was run.",
        "- **Not known**: how it was trained, and on which images.",
        *notes,
        "",
        *figures,
    ]
    return "\n".join(lines)


def _as_it_is(title: str) -> str:
    """Markdown makes nothing of it."""
    return re.sub(r"([\\`*_\[\]<>#!|~$&])", r"\\\1", title)


def _where(summary: CheckpointSummary) -> list[str]:
    if entry := CATALOGUE.get(summary.training.data):
        return ["On a machine with the same fonts, since others give other images:", ""] if entry.of_machine else []
    return [f"In the folder where `{own_file(summary)}` lies:", ""]


def write_card(folder: str | Path, *, name: str | None = None, to_know: str | None = None) -> None:
    """Write a checkpoint's README.md from what its folder says, and what there is to know of its training.

    It bears another `name` where the folder has not its own yet.
    """
    summary = read_checkpoint(folder)
    write_text(Path(folder) / CARD_FILE, card_text(replace(summary, name=name or summary.name), to_know))


def kept_sentence(folder: str | Path) -> str | None:
    """What there is to know of a checkpoint's training as its card has it; None without, or where none can be read."""
    try:
        card = read_small(Path(folder) / CARD_FILE, LARGEST_CARD).decode()
    except (OSError, UnicodeDecodeError):
        return None
    return next((line.removeprefix(TO_KNOW) for line in card.splitlines() if line.startswith(TO_KNOW)), None)

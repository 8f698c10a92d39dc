"""Two to four models beside each other: the settings in which they differ, and their figures, as far as these compare.

A figure compares where it was measured on the same images. Bounds and likelihoods, in nats, compare only where they are
of the same kind: densities of pixels (Gaussian, Laplace, continuous Bernoulli) among each other, and not with a
Bernoulli's, which on grey images is no density.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vae_core.checkpoint.layout import CheckpointSummary
from vae_core.config import ModelConfig, TrainConfig, applies, title_of
from vae_core.errors import UserError

FEWEST, MOST = 2, 4
DENSITIES = ("gaussian", "laplace", "continuous-bernoulli")


@dataclass(frozen=True)
class SettingRow:
    """One setting by its field, with each model's value; None where it means nothing there or nobody knows it."""

    field: str
    title: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class FigureRow:
    """One figure with each model's value and standard error; `apart` says why they cannot be compared, if so."""

    name: str
    title: str
    unit: str
    values: tuple[tuple[float, float | None] | None, ...]
    apart: str | None


@dataclass(frozen=True)
class _Figure:
    name: str
    title: str
    unit: str
    in_nats: bool = False
    of_images: bool = True


FIGURES = (
    _Figure("elbo", "ELBO", "nats an image", in_nats=True),
    _Figure("negative_log_likelihood", "NLL", "nats an image", in_nats=True),
    _Figure("mean_square_error", "Reconstruction error", "mean square a pixel, pixels 0 to 1"),
    _Figure("kl", "KL", "nats an image"),
    _Figure("active_units", "Active units", "latent dimensions that say something", of_images=False),
    _Figure("label_agreement", "Label agreement", "share of neighbours in latent space of the same class"),
)


def check_number(count: int) -> None:
    """Raises UserError unless so many models are compared at once."""
    if not FEWEST <= count <= MOST:
        raise UserError(f"{FEWEST} to {MOST} models are compared at once, not {count}.")


def differing_settings(models: Sequence[CheckpointSummary]) -> list[SettingRow]:
    """The settings that are not the same in all models, data first, then the model's, then the training's."""
    named = [_settings(model) for model in models]
    fields = ["data", *ModelConfig.model_fields, *(field for field in TrainConfig.model_fields if field != "data")]
    rows = [
        SettingRow(field, title_of(field), tuple(values.get(field) for values in named))
        for field in fields
        if len({repr(values.get(field)) for values in named}) > 1
    ]
    if same_data(models) or any(row.field == "data" for row in rows):
        return rows
    prints = tuple(f"{model.data.name}, {model.data.fingerprint[:8]}" for model in models)
    return [SettingRow("data", title_of("data"), prints), *rows]


def figures(models: Sequence[CheckpointSummary]) -> list[FigureRow]:
    """The figures that at least one model has, each with what keeps the models from being compared by it."""
    rows = []
    for figure in FIGURES:
        values = tuple(_measured(model, figure.name) for model in models)
        if any(values):
            known = [model for model, value in zip(models, values, strict=True) if value is not None]
            rows.append(FigureRow(figure.name, figure.title, figure.unit, values, _apart(known, figure)))
    return rows


def same_data(models: Sequence[CheckpointSummary]) -> bool:
    """Whether all were trained on the very same images, of the same size."""
    return len({model.data.fingerprint for model in models}) == 1


def _settings(model: CheckpointSummary) -> dict[str, Any]:
    """A model's settings by field, without those that mean nothing beside the others or that nobody knows."""
    known: dict[str, Any] = {"data": model.data.name}
    for record, values in ((ModelConfig, model.model.model_dump()), (TrainConfig, model.training.model_dump())):
        if record is TrainConfig and model.origin is not None:
            continue
        known |= {field: value for field, value in values.items() if field != "data" and applies(record, field, values)}
    return known


def _measured(model: CheckpointSummary, name: str) -> tuple[float, float | None] | None:
    value = model.figure(name)
    return None if value is None else (value, model.figure(f"{name}_standard_error"))


def _apart(models: Sequence[CheckpointSummary], figure: _Figure) -> str | None:
    """Why these models' values of a figure cannot be compared, in words; None where they can."""
    if len(models) < FEWEST or not figure.of_images:
        return None
    if not same_data(models):
        return "of different images, so not to be compared"
    if len({(model.figure("images"), str((model.metrics or {}).get("split"))) for model in models}) > 1:
        return "measured on different images, so not to be compared"
    likelihoods = sorted({model.model.likelihood for model in models})
    if figure.in_nats and len(likelihoods) > 1 and not set(likelihoods) <= set(DENSITIES):
        return f"of likelihoods that do not compare ({', '.join(likelihoods)})"
    return None

"""Two to four models beside each other: the settings in which they differ, and their figures, as far as these compare.

A figure compares where it was measured on the same images. Bounds and likelihoods, in nats, compare only where they are
of the same kind: densities of pixels (Gaussian, Laplace, continuous Bernoulli) among each other, and not with a
Bernoulli's, which on grey images is no density.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vae_core.checked_settings import applies
from vae_core.checkpoint.layout import CheckpointSummary
from vae_core.config import ModelConfig, TrainConfig, title_of
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
    """One figure with each model's value and standard error.

    `alike` are the models' places in groups within which they compare; `apart` says why not beyond, None of one group.
    """

    name: str
    title: str
    unit: str
    values: tuple[tuple[float, float | None] | None, ...]
    alike: tuple[tuple[int, ...], ...]
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
            alike = _alike(models, values, figure)
            rows.append(FigureRow(figure.name, figure.title, figure.unit, values, alike, _apart(models, alike, figure)))
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


def _alike(
    models: Sequence[CheckpointSummary], values: Sequence[object | None], figure: _Figure
) -> tuple[tuple[int, ...], ...]:
    """The places of models whose values of a figure compare with each other; those that have none are in no group."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    known = [(place, model) for place, (model, value) in enumerate(zip(models, values, strict=True)) if value]
    for place, images in zip((place for place, _ in known), _measured_on([model for _, model in known]), strict=True):
        model = models[place]
        kind = "density" if model.model.likelihood in DENSITIES else model.model.likelihood
        key: tuple[Any, ...] = (images, kind if figure.in_nats else "") if figure.of_images else ()
        if figure.name == "negative_log_likelihood":
            key += (_samples(model),)
        groups.setdefault(key, []).append(place)
    return tuple(map(tuple, groups.values()))


def _measured_on(models: Sequence[CheckpointSummary]) -> list[tuple[Any, ...]]:
    """For each model what is the same of two that were measured on the same images.

    Where that was not recorded, images of another data set than the one trained on are known by its name.
    """
    metrics = [model.metrics or {} for model in models]
    if all("fingerprint" in each for each in metrics):
        images = [str(each["fingerprint"]) for each in metrics]
    else:
        data = [(str(each.get("data", model.data.name)), model) for each, model in zip(metrics, models, strict=True)]
        images = ["" if name == model.data.name else name for name, model in data]
    return [
        (
            model.data.fingerprint,
            model.figure("images"),
            shown,
            str(each.get("split")),
            model.training.binarise != "off",
        )
        for model, each, shown in zip(models, metrics, images, strict=True)
    ]


def _samples(model: CheckpointSummary) -> float | None:
    return model.figure("importance_samples")


def _apart(models: Sequence[CheckpointSummary], alike: tuple[tuple[int, ...], ...], figure: _Figure) -> str | None:
    """Why models of different groups cannot be compared, in words; None where there is one group."""
    if len(alike) < FEWEST:
        return None
    known = [models[place] for group in alike for place in group]
    if not same_data(known):
        return "of different images"
    if len(set(_measured_on(known))) > 1:
        return "measured on different images"
    if figure.name == "negative_log_likelihood" and len({_samples(model) for model in known}) > 1:
        return "estimated with different numbers of samples"
    return f"of likelihoods that do not compare ({', '.join(sorted({model.model.likelihood for model in known}))})"

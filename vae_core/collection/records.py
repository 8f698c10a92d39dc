"""What is known of each model without opening it: all that a card shows, that a search reads and that sorting compares.

A model is looked into again only when one of its files has changed.
"""

import os
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from vae_core.checkpoint.layout import (
    DECODER_FILE,
    METRICS_LINES,
    REQUEST_FILE,
    SAMPLES_FILE,
    WEIGHTS_FILE,
    CheckpointSummary,
)
from vae_core.checkpoint.listing import Kept, find_checkpoints
from vae_core.errors import CheckpointError
from vae_core.files import Stamp, stamp
from vae_core.runs.run import is_unfinished_run
from vae_core.sizes import count_weights

Source = Literal["shipped", "trained here", "imported", "copied here"]
Order = Literal["newest", "name", "ELBO", "size"]


@dataclass(frozen=True)
class ModelRecord:
    """One model as its card shows it. `made_at` is in seconds since 1970, `size` in bytes on the disk."""

    summary: CheckpointSummary
    source: Source
    made_at: float | None
    size: int
    parameters: int | None  # not known of an imported model
    samples: str | None  # another one with each other picture of samples; None where there is none

    @property
    def name(self) -> str:
        """Its folder's, which is its address."""
        return self.summary.name

    @property
    def title(self) -> str:
        """What people call it."""
        return self.summary.title

    @property
    def data(self) -> str:
        """The name of its data set."""
        return self.summary.data.name

    @property
    def measured_on(self) -> str | None:
        """The name of the data set that its figures are of, where that is not its own."""
        return self.summary.measured_on if self.summary.measured_on != self.data else None

    @property
    def way(self) -> str:
        """By which it was imported; empty of others."""
        origin = self.summary.origin
        return self.summary.about.way or ("" if origin is None else origin.way)

    @property
    def origin(self) -> str:
        """Where it came from, in words."""
        way = self.way
        return f"{self.source}: {way}" if self.source == "imported" and way else self.source

    def with_error(self, figure: str) -> tuple[float, float | None] | None:
        """A figure and its standard error, where they were measured."""
        return self.summary.with_error(figure)

    def values(self) -> dict[str, Any]:
        """As plain values: figures in nats an image under the model's own prior."""
        model, figure = self.summary.model, self.summary.figure
        return {
            "name": self.name,
            "title": self.title,
            "notes": self.summary.about.notes,
            "path": str(self.summary.path),
            "origin": self.origin,
            "made_at": self.made_at,
            "data": self.data,
            "image_size": model.image_size,
            "channels": model.channels,
            "latent_dim": model.latent_dim,
            "network": model.network,
            "parameters": self.parameters,
            "measured_on": self.summary.measured_on if self.summary.metrics else None,
            "elbo": figure("elbo"),
            "elbo_standard_error": figure("elbo_standard_error"),
            "negative_log_likelihood": figure("negative_log_likelihood"),
            "negative_log_likelihood_standard_error": figure("negative_log_likelihood_standard_error"),
            "active_units": figure("active_units"),
            "bytes": self.size,
            "map": self.summary.explorer_manifest is not None,
        }


@dataclass(frozen=True)
class Collection:
    """Every model that can be read, by name, and what is wrong with the others."""

    records: dict[str, ModelRecord]
    problems: dict[str, CheckpointError]


_known: Kept[ModelRecord] = Kept()


def find_collection(root: Path | None = None) -> Collection:
    """Look through a checkpoints folder, the configured one by default.

    Runs that have made no model yet are left to those who tell of runs; what lies in the trash is not seen.
    """
    found = find_checkpoints(root)
    records: dict[str, ModelRecord] = {}
    for name, summary in found.readable.items():
        folder = str(summary.path)
        if summary.explorer_manifest is None and is_unfinished_run(summary.path):
            continue
        own = tuple(stamp(os.path.join(folder, part)) for part in (SAMPLES_FILE, REQUEST_FILE, METRICS_LINES))
        stamps = (*found.stamps[name], *own)
        records[name] = _known.get(folder, stamps, partial(_record, summary, own[0], any(map(_is_there, own[1:]))))
    _known.forget_others({str(record.summary.path) for record in records.values()})
    return Collection(records, found.problems)


def chosen(records: Sequence[ModelRecord], search: str, order: Order) -> list[ModelRecord]:
    """Those in whose title, name, data, notes or origin each word of `search` is found, in an order.

    ELBOs compare within the data they were measured on only: the largest groups first, each from its best model down.
    """
    words = search.casefold().split()
    found = [record for record in records if all(word in _searched(record) for word in words)]
    by_title = sorted(found, key=lambda record: (record.title.casefold(), record.name))
    if order == "newest":
        return sorted(by_title, key=lambda record: -(record.made_at or 0.0))
    if order == "size":
        return sorted(by_title, key=lambda record: -record.size)
    if order == "ELBO":
        counts = Counter(record.summary.measured_on for record in found)

        def place(record: ModelRecord) -> tuple[int, str, float]:
            data = record.summary.measured_on
            return -counts[data], data, -_elbo(record)

        return sorted(by_title, key=place)
    return by_title


def _elbo(record: ModelRecord) -> float:
    value = record.summary.figure("elbo")
    return float("-inf") if value is None else value


def _searched(record: ModelRecord) -> str:
    about = record.summary.about
    return "\n".join((record.title, record.name, record.data, about.notes, record.origin)).casefold()


def _record(summary: CheckpointSummary, samples: Stamp, trained: bool) -> ModelRecord:
    about = summary.about
    imported = summary.origin is not None
    source: Source = about.origin or ("imported" if imported else "trained here" if trained else "copied here")
    weights = stamp(summary.path / (DECODER_FILE if imported else WEIGHTS_FILE))
    # Of what came with the software, that is when it was copied here.
    written_at = weights[2] / 1e9 if _is_there(weights) and source != "shipped" else None
    return ModelRecord(
        summary=summary,
        source=source,
        made_at=about.made_at if about.made_at is not None else written_at,
        size=size_on_disk(summary.path),
        parameters=None if imported else count_weights(summary.model),
        samples="-".join(f"{part:x}" for part in samples[1:3]) if _is_there(samples) else None,
    )


def _is_there(found: Stamp) -> bool:
    return len(found) > 1


def size_on_disk(folder: Path) -> int:
    """Bytes of all files below a folder; links are not followed, and what goes meanwhile is not counted."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                about = os.lstat(os.path.join(place, name))
            except OSError:
                continue
            total += about.st_size if stat.S_ISREG(about.st_mode) else 0
    return total

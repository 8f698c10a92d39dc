"""Where a data set's bytes live: in memory, or in a mapped file of the cache folder when they pass a budget.

A mapped data set costs address space, not memory: its pages belong to the file and the system may drop them
at any time. It is written by streaming, under a temporary name, and renamed when whole; asked for again, it
is opened as is.
"""

import hashlib
import json
import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vae_core.datasets.cache import CACHE_VARIABLE, cache_folder
from vae_core.datasets.dataset import Columns, Dataset, fingerprint
from vae_core.errors import DatasetError
from vae_core.files import replacing_folder
from vae_core.uploads.import_report import FileNote, ImportReport, SkippedFile
from vae_core.uploads.ranges import ValueRange
from vae_core.uploads.treatment import AS_USUAL, Treatment

MEMORY_BUDGET = 2**30  # bytes
_FORMAT = 1

Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]  # images (B, C, H, W), labels (B,)


@dataclass(frozen=True)
class Plan:
    """What is about to be read: `capacity` images at most, each of `shape` (C, H, W).

    `key` identifies the source, its files' sizes and times and the chosen frame, for the mapped file's name.
    """

    name: str
    split: str
    class_names: tuple[str, ...]
    capacity: int
    shape: tuple[int, int, int]
    key: str
    memory_budget: int = MEMORY_BUDGET
    treatment: Treatment = AS_USUAL

    @property
    def total_bytes(self) -> int:
        return self.capacity * int(np.prod(self.shape))


def build_dataset(
    plan: Plan,
    batches: Iterable[Batch],
    report: Callable[[], ImportReport] = ImportReport,
    columns: Callable[[], Columns] = dict,
) -> Dataset:
    """Streams the batches into a Dataset, in memory or in a mapped file as the plan's budget says.

    `report` and `columns` are asked when the last batch has been read. Raises DatasetError when there is no room on
    the disk.
    """
    if plan.total_bytes <= plan.memory_budget:
        return _build_in_memory(plan, batches, report, columns)
    if mapped := open_mapped(plan.key, plan.name, plan.split):
        return mapped
    return _build_mapped(plan, batches, report, columns)


def _build_in_memory(
    plan: Plan, batches: Iterable[Batch], report: Callable[[], ImportReport], columns: Callable[[], Columns]
) -> Dataset:
    images = np.empty((plan.capacity, *plan.shape), dtype=np.uint8)
    labels = np.empty(plan.capacity, dtype=np.int64)
    count = 0
    for batch_images, batch_labels in batches:
        end = count + len(batch_images)
        images[count:end] = batch_images
        labels[count:end] = batch_labels
        count = end
    images, labels = images[:count], labels[:count]
    return Dataset(
        name=plan.name,
        split=plan.split,
        images=torch.from_numpy(images),
        labels=torch.from_numpy(labels),
        class_names=plan.class_names,
        fingerprint=fingerprint(images.shape, hashlib.sha256(images.data).digest(), labels, plan.class_names),
        report=report(),
        columns=columns(),
        treatment=plan.treatment,
    )


def _build_mapped(
    plan: Plan, batches: Iterable[Batch], report: Callable[[], ImportReport], columns: Callable[[], Columns]
) -> Dataset:
    parent = _mapped_folder()
    try:
        with replacing_folder(parent / plan.key, first_stays=True) as folder:
            _write_mapped(plan, folder, batches, report, columns)
    except OSError as error:
        raise _no_room(plan, parent, error) from error
    mapped = open_mapped(plan.key, plan.name, plan.split)
    if mapped is None:
        raise DatasetError(f"{parent / plan.key} was removed while {plan.name} was being read; start again.")
    return mapped


def _write_mapped(
    plan: Plan,
    folder: Path,
    batches: Iterable[Batch],
    report: Callable[[], ImportReport],
    columns: Callable[[], Columns],
) -> None:
    digest = hashlib.sha256()
    labels: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    with (folder / "images").open("wb") as file:
        for batch_images, batch_labels in batches:
            block = np.ascontiguousarray(batch_images)
            file.write(block.data)
            digest.update(block.data)
            labels.append(batch_labels.copy())
    all_labels = np.concatenate(labels)
    np.save(folder / "labels.npy", all_labels)
    shape = (len(all_labels), *plan.shape)
    about = {
        "format": _FORMAT,
        "shape": shape,
        "class_names": plan.class_names,
        "fingerprint": fingerprint(shape, digest.digest(), all_labels, plan.class_names),
        "report": asdict(report()),
        "columns": columns(),
        "treatment": asdict(plan.treatment),
    }
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")


def open_mapped(key: str, name: str, split: str) -> Dataset | None:
    """The mapped data set with this key, or None when it has not been made yet.

    Raises DatasetError, naming the folder to delete, when its files are damaged.
    """
    folder = _mapped_folder() / key
    if not (folder / "about.json").is_file():
        return None
    try:
        return _read_mapped(folder, name, split)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{folder} is damaged ({error}); delete it and the data set is read anew.") from error


def _read_mapped(folder: Path, name: str, split: str) -> Dataset:
    about: dict[str, Any] = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    shape, report = tuple(about["shape"]), about["report"]
    if (folder / "images").stat().st_size != int(np.prod(shape)):
        raise ValueError(f"images has not the size of shape {shape}")
    return Dataset(
        name=name,
        split=split,
        images=_map_images(folder / "images", shape),
        labels=torch.from_numpy(np.load(folder / "labels.npy", allow_pickle=False)),
        class_names=tuple(about["class_names"]),
        fingerprint=about["fingerprint"],
        report=ImportReport(
            skipped=tuple(SkippedFile(**entry) for entry in report["skipped"]),
            notes=tuple(FileNote(**entry) for entry in report["notes"]),
            counts=report.get("counts", {}),
        ),
        columns={title: tuple(cells) for title, cells in about.get("columns", {}).items()},
        treatment=_treatment_of(about.get("treatment", {})),
    )


def _treatment_of(about: dict[str, Any]) -> Treatment:
    """What was written of it; arrays of an earlier day have none."""
    ranges = {name: ValueRange(**value) for name, value in about.items() if name != "ground"}
    return replace(AS_USUAL, **about | ranges)


def _map_images(path: Path, shape: tuple[int, ...]) -> torch.Tensor:
    images = np.memmap(path, dtype=np.uint8, mode="r", shape=shape)
    with warnings.catch_warnings():
        # Torch warns that it cannot mark a tensor read-only; that a stray write fails is what is wanted.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(images)


def _mapped_folder() -> Path:
    return cache_folder() / "mapped"


def _no_room(plan: Plan, parent: Path, error: OSError) -> DatasetError:
    return DatasetError(
        f"{plan.name} needs {plan.total_bytes / 2**20:,.0f} MiB in {parent}, which could not be written: "
        f"{error.strerror or error}. Free some space, or point {CACHE_VARIABLE} at a folder with room."
    )

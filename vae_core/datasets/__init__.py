"""Data sets: the catalogue, image folders, ZIP and .npz files, held as uint8 and indexed into float batches.

Importing this package, or its catalogue, loads neither torch nor torchvision: pages list data sets before
they read one.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vae_core.datasets.dataset import Dataset
    from vae_core.datasets.loading import load_dataset

__all__ = ["Dataset", "load_dataset"]


def __getattr__(name: str) -> Any:
    if name == "Dataset":
        from vae_core.datasets.dataset import Dataset

        return Dataset
    if name == "load_dataset":
        from vae_core.datasets.loading import load_dataset

        return load_dataset
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

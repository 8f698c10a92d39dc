"""A trained model as a folder: settings, weights, figures, and what the browser needs.

Reading settings (`folder`) needs no torch; loading weights (`weights`) does, so it is looked up on first use.
"""

from typing import TYPE_CHECKING, Any

from vae_core.checkpoint.folder import (
    CheckpointSummary,
    broken_checkpoints,
    checkpoints_root,
    list_checkpoints,
    read_checkpoint,
)

if TYPE_CHECKING:
    from vae_core.checkpoint.weights import Checkpoint, load_checkpoint, save_checkpoint

__all__ = [
    "Checkpoint",
    "CheckpointSummary",
    "broken_checkpoints",
    "checkpoints_root",
    "list_checkpoints",
    "load_checkpoint",
    "read_checkpoint",
    "save_checkpoint",
]


def __getattr__(name: str) -> Any:
    if name in {"Checkpoint", "load_checkpoint", "save_checkpoint"}:
        from vae_core.checkpoint import weights

        return getattr(weights, name)
    raise AttributeError(f"module 'vae_core.checkpoint' has no attribute {name!r}")

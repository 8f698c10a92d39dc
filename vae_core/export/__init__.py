"""What leaves a checkpoint for elsewhere: ONNX graphs and the explorer files that a browser reads.

Reading a manifest (`manifest`) needs no torch; making the files does, so that is looked up on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vae_core.export.manifest import Manifest, check_contents, read_manifest

if TYPE_CHECKING:
    from vae_core.export.explorer import copy_explorer, export_explorer, project_checkpoint
    from vae_core.export.onnx import export_onnx

_HOMES = {
    "copy_explorer": "vae_core.export.explorer",
    "export_explorer": "vae_core.export.explorer",
    "export_onnx": "vae_core.export.onnx",
    "project_checkpoint": "vae_core.export.explorer",
}

__all__ = [
    "Manifest",
    "check_contents",
    "copy_explorer",
    "export_explorer",
    "export_onnx",
    "project_checkpoint",
    "read_manifest",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'vae_core.export' has no attribute {name!r}")

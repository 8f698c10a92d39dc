"""Ways from one latent to another: paths, frames along them, grids, and what happens on the way.

Only a geodesic and `with_model` need torch; names are looked up on first use, so that the others load none.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vae_core.interpolation.frames import Frames, frames_along
    from vae_core.interpolation.geodesics import Geodesic, geodesic
    from vae_core.interpolation.grids import grid
    from vae_core.interpolation.measures import Decode, decoded, image_changes, image_length, log_prior
    from vae_core.interpolation.neighbourhood import class_shares, log_density
    from vae_core.interpolation.paths import Path, line_path, slerp_path
    from vae_core.interpolation.with_model import decoder, path_through

_HOMES = {
    "Decode": "measures",
    "Frames": "frames",
    "Geodesic": "geodesics",
    "Path": "paths",
    "class_shares": "neighbourhood",
    "decoded": "measures",
    "decoder": "with_model",
    "frames_along": "frames",
    "geodesic": "geodesics",
    "grid": "grids",
    "image_changes": "measures",
    "image_length": "measures",
    "line_path": "paths",
    "log_density": "neighbourhood",
    "log_prior": "measures",
    "path_through": "with_model",
    "slerp_path": "paths",
}

__all__ = [
    "Decode",
    "Frames",
    "Geodesic",
    "Path",
    "class_shares",
    "decoded",
    "decoder",
    "frames_along",
    "geodesic",
    "grid",
    "image_changes",
    "image_length",
    "line_path",
    "log_density",
    "log_prior",
    "path_through",
    "slerp_path",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"vae_core.interpolation.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'vae_core.interpolation' has no attribute {name!r}")

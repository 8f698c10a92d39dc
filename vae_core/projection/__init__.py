"""Maps of latent space: UMAP, principal components or two raw axes, and the way back from plane to latent."""

from vae_core.projection.inverse import (
    LatentToPlane,
    LinearLatentToPlane,
    LinearPlaneToLatent,
    PlaneToLatent,
)
from vae_core.projection.projection import Method, Projection, project
from vae_core.projection.refinement import refine

__all__ = [
    "LatentToPlane",
    "LinearLatentToPlane",
    "LinearPlaneToLatent",
    "Method",
    "PlaneToLatent",
    "Projection",
    "project",
    "refine",
]

"""What an interpolation can be asked for, and its limits. Free of numpy, so that a command line can list them."""

from typing import Literal

Mode = Literal["line", "slerp", "geodesic"]
GridMode = Literal["line", "slerp"]
Spacing = Literal["latent", "image"]

STOPS = (2, 6)
FRAMES = (2, 120)
GRID_SIDE = (2, 15)
MOST_EXTRAPOLATION = 2.0  # shares of an end segment's length; farther out a decoder shows only noise

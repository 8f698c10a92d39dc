"""Images of a model as pictures of the wanted size."""

import numpy as np
from PIL import Image

from vae_core.interpolation.paths import Floats


def picture(image: Floats, side: int) -> Image.Image:
    """An image (1 or 3, H, W) in [0, 1] as a grey or colour picture, its longer side `side` pixels.

    Enlarged by repeating pixels, so that they stay crisp; reduced by averaging them.
    """
    pixels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    whole = Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0))
    longer = max(whole.size)
    size = (max(1, round(whole.width * side / longer)), max(1, round(whole.height * side / longer)))
    return whole.resize(size, Image.Resampling.NEAREST if side >= longer else Image.Resampling.BOX)

"""How a picture of one's own must be framed to look like the images on the map."""

from torch import Tensor

from vae_core.datasets import Dataset
from vae_core.export.manifest import Framing

IMAGES_AT_ONCE = 1024

# Whatever is not named here is cropped to its middle square.
FRAMINGS: dict[str, Framing] = {
    "mnist": "mass",
    "emnist": "box",  # centred by its bounding box, with two pixels to spare
    "kmnist": "box",  # characters fill their frame
    "fashion-mnist": "box",
    "digits": "box",  # every one is as high as its image, and its bounding box is in the middle
}


def framing_of(name: str) -> Framing:
    """The framing of a data set by its name in the catalogue; "crop" for any other."""
    return FRAMINGS.get(name, "crop")


def border_brightness(dataset: Dataset, indices: Tensor) -> float:
    """Mean of the outermost pixels of the chosen images, 0 (black) to 1."""
    total = 0
    for chunk in indices.split(IMAGES_AT_ONCE):
        images = dataset.images[chunk]  # uint8 (B, C, H, W)
        rows, columns = images[..., [0, -1], :], images[..., 1:-1, [0, -1]]
        total += int(rows.sum()) + int(columns.sum())
    pixels = 4 * (dataset.image_size - 1) * dataset.channels
    return total / (255 * pixels * len(indices))

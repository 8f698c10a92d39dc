"""What the numbers of a TIFF mean where Pillow takes them for others.

Pillow holds unsigned numbers of 32 bits as signed ones, and signed bytes as unsigned ones; it refuses floats of 16 and
of 64 bits; that 0 is white it heeds in few kinds of files, and refuses others for it; and of compressed files it turns
bytes that libtiff has turned already. Here all of them are read as if 0 were black, and the picture remembers what its
file says.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

OPENER = "TIFF OF NUMBERS"  # beside Pillow's own, which stays as it is
_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BITS, _PHOTOMETRIC, _SAMPLES, _SAMPLE_FORMAT = 258, 262, 277, 339
_WHITE_IS_ZERO, _BLACK_IS_ZERO = 0, 1
_UNSIGNED, _SIGNED, _FLOATS = 1, 2, 3
# Types that Pillow does not keep, each with the format as which it reads their bytes in either order.
_AS_IN_FILE = {
    (8, _SIGNED): (np.int8, _SIGNED),
    (32, _UNSIGNED): (np.uint32, _SIGNED),
    (16, _FLOATS): (np.float16, _UNSIGNED),
}
_LONG, _SHORT = 64, 32  # bits: the long floats' tiles are laid out as those of the short ones, twice as wide
_LENGTHENED = {"F;32F": "F;64F", "F;32BF": "F;64BF"}
_TURNED = {"I;16BS": "I;16NS", "I;32BS": "I;32NS", "F;32BF": "F;32NF", "F;64BF": "F;64NF"}
_INVERTED, _TYPE = "white is zero", "type of numbers"  # of a picture's `info`


class TiffNumbers(TiffImageFile):
    """A TIFF that knows whether its 0 is white, and of which type its numbers are."""

    def _setup(self) -> None:
        tags = self.tag_v2
        bits, form = _only(tags.get(_BITS, 1)), _only(tags.get(_SAMPLE_FORMAT, _UNSIGNED))
        self.info.pop(_INVERTED, None)
        self.info.pop(_TYPE, None)
        long = False
        if tags.get(_SAMPLES, 1) == 1 and bits >= 8:
            # Where the tag is missing, 0 is white to Pillow and black to everybody else.
            if tags.setdefault(_PHOTOMETRIC, _BLACK_IS_ZERO) == _WHITE_IS_ZERO:
                self.info[_INVERTED] = True
                tags[_PHOTOMETRIC] = _BLACK_IS_ZERO
            if (bits, form) in _AS_IN_FILE and tags[_PHOTOMETRIC] == _BLACK_IS_ZERO:
                self.info[_TYPE], tags[_SAMPLE_FORMAT] = _AS_IN_FILE[bits, form]
            if long := (bits, form) == (_LONG, _FLOATS):
                tags[_BITS] = _SHORT
        super()._setup()
        if long:
            tags[_BITS] = _LONG
            self.tile = [_lengthened(tile) for tile in self.tile]
        self.tile = [_as_libtiff_hands_over(tile) for tile in self.tile]


def is_white_zero(image: Image.Image) -> bool:
    """Whether the least number of a picture, or of a part of it, stands for white."""
    return _INVERTED in image.info


def numbers_of(image: Image.Image) -> NDArray[Any]:
    """The numbers of a loaded grey picture as its file has them, (H, W)."""
    numbers = np.asarray(image)
    if _TYPE not in image.info:
        return numbers
    return numbers.view(np.dtype(image.info[_TYPE]).newbyteorder(numbers.dtype.byteorder))


def has_signed_bytes(image: Image.Image) -> bool:
    """Whether the numbers of a picture go from −128 to 127."""
    return image.info.get(_TYPE) is np.int8


def has_short_floats(image: Image.Image) -> bool:
    """Whether the numbers of a picture are floats of 16 bits, which Pillow holds as whole numbers."""
    return image.info.get(_TYPE) is np.float16


def _lengthened(tile: Any) -> Any:
    """A tile of floats of 32 bits as one of 64, with twice the bytes in a row where it says how many."""
    mode, row, *others = tile.args
    return tile._replace(args=(_LENGTHENED[mode], 2 * row if tile.codec_name == "raw" else row, *others))


def _as_libtiff_hands_over(tile: Any) -> Any:
    """A tile whose bytes are expected in the machine's order where libtiff reads them."""
    if tile.codec_name != "libtiff" or tile.args[0] not in _TURNED:
        return tile
    return tile._replace(args=(_TURNED[tile.args[0]], *tile.args[1:]))


def _only(value: int | Sequence[int]) -> int:
    """The number that a tag holds for the one band there is."""
    return value if isinstance(value, int) else value[0]


Image.register_open(OPENER, TiffNumbers, lambda start: start.startswith(_STARTS))

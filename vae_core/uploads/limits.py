"""How much a file that was handed in may take before it is refused."""

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True)
class UploadLimits:
    """Sizes are bytes after decompression.

    `members` and `total_bytes` refuse an archive as a whole; the others leave out one file.
    """

    members: int = 2_000_000
    total_bytes: int = 16 * 1024 * MIB
    file_bytes: int = 64 * MIB
    pixels: int = 50_000_000
    # Compressed to less than 1/ratio is not a picture but a bomb; small files compress well honestly.
    ratio: float = 200
    ratio_free_bytes: int = MIB


DEFAULT_LIMITS = UploadLimits()

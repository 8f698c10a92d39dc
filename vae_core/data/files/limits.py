"""How much a file that was handed in may take before it is refused."""

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True)
class UploadLimits:
    """Sizes are bytes after decompression, but for the list of an archive's files.

    `members`, `directory_bytes` and `total_bytes` refuse an archive as a whole; the others leave out one file.
    """

    members: int = 300_000
    directory_bytes: int = 64 * MIB
    total_bytes: int = 16 * 1024 * MIB
    file_bytes: int = 64 * MIB
    pixels: int = 50_000_000
    # Compressed to less than 1/ratio is not a picture but a bomb; small files compress well honestly.
    ratio: float = 200
    ratio_free_bytes: int = MIB

    def size_problem(self, size: int) -> str | None:
        """A sentence on one file of so many bytes that is left out."""
        if size == 0:
            return "The file is empty."
        if size > self.file_bytes:
            return f"It has {size / MIB:,.1f} MiB, more than the limit of {self.file_bytes / MIB:,.1f} MiB."
        return None


DEFAULT_LIMITS = UploadLimits()

"""What images are asked for: which ones, how large, how coloured and how cropped."""

from dataclasses import dataclass
from pathlib import Path

from vae_core.config import Crop
from vae_core.data.files.framing import check_frame
from vae_core.data.named.catalogue import CATALOGUE


@dataclass(frozen=True)
class Request:
    """A name of the catalogue, or a path; None for size and channels means what the images suggest.

    Raises DatasetError for a size, a number of channels or a crop that cannot be.
    """

    source: str | Path
    image_size: int | None = None
    channels: int | None = None
    crop: Crop = "middle"
    data_dir: str | Path | None = None  # where catalogue entries are looked for first

    def __post_init__(self) -> None:
        check_frame(self.image_size, self.channels, self.crop)

    @property
    def is_named(self) -> bool:
        """Whether it is a data set of the catalogue: a Path never is, whatever it is called."""
        return isinstance(self.source, str) and self.source in CATALOGUE

    @property
    def path(self) -> Path:
        """Where the images lie, unless they are the catalogue's."""
        return Path(self.source)

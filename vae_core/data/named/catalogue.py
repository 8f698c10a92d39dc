"""What can be asked for by name: enough for a page or the command line to offer it, and light to import."""

import difflib
from dataclasses import dataclass

from vae_core.errors import DatasetError


@dataclass(frozen=True)
class CatalogueEntry:
    """One named data set: its title as a person reads it, and what it holds when complete.

    `image_size` is pixels a side, `download_bytes` what a download brings, 0 where there is none, and
    `download_package` the package that is needed for that besides those of the software. What is `of_machine` is made
    of files that a machine has or has not, which decide how many images there are: its counts are 0.
    """

    name: str
    title: str
    description: str
    image_size: int
    channels: int
    class_count: int
    train_count: int
    test_count: int
    download_bytes: int = 0
    download_package: str = ""
    of_machine: bool = False

    @property
    def needs_download(self) -> bool:
        """Whether it can be downloaded where it is not there."""
        return self.download_bytes > 0


_ENTRIES = (
    CatalogueEntry(
        "digits",
        "handwritten digits (scikit-learn)",
        "1,797 handwritten digits of 8×8 pixels, part of scikit-learn.",
        image_size=8,
        channels=1,
        class_count=10,
        train_count=1438,
        test_count=359,
    ),
    CatalogueEntry(
        "sprites",
        "sprites",
        "Drawn squares, ellipses and hearts: shape, scale, orientation, x and y are known exactly.",
        image_size=32,
        channels=1,
        class_count=3,
        train_count=20_000,
        test_count=2_000,
    ),
    CatalogueEntry(
        "fonts",
        "letters in this machine's fonts",
        "Six letters in every face of the fonts that are installed; family, weight, slant and style are known.",
        image_size=64,
        channels=1,
        class_count=6,
        train_count=0,
        test_count=0,
        of_machine=True,
    ),
    CatalogueEntry(
        "emoji",
        "emoji (Noto)",
        "Noto's colour emoji on white, by Unicode's groups; name, subgroup and skin tone are known.",
        image_size=64,
        channels=3,
        class_count=9,
        train_count=0,
        test_count=0,
        of_machine=True,
    ),
    CatalogueEntry(
        "emoji-faces",
        "emoji: faces and people (Noto)",
        "Of Noto's colour emoji the smileys and the heads of people, in all skin tones.",
        image_size=64,
        channels=3,
        class_count=6,
        train_count=0,
        test_count=0,
        of_machine=True,
    ),
    CatalogueEntry(
        "mnist",
        "MNIST",
        "70,000 handwritten digits.",
        image_size=28,
        channels=1,
        class_count=10,
        train_count=60_000,
        test_count=10_000,
        download_bytes=11_594_722,
    ),
    CatalogueEntry(
        "fashion-mnist",
        "Fashion-MNIST",
        "70,000 pieces of clothing, shoes and bags, in grey.",
        image_size=28,
        channels=1,
        class_count=10,
        train_count=60_000,
        test_count=10_000,
        download_bytes=30_878_645,
    ),
    CatalogueEntry(
        "kmnist",
        "KMNIST",
        "70,000 cursive Japanese characters (Kuzushiji).",
        image_size=28,
        channels=1,
        class_count=10,
        train_count=60_000,
        test_count=10_000,
        download_bytes=21_240_888,
    ),
    CatalogueEntry(
        "emnist",
        "EMNIST",
        "131,600 handwritten digits and letters, the balanced split.",
        image_size=28,
        channels=1,
        class_count=47,
        train_count=112_800,
        test_count=18_800,
        download_bytes=561_753_746,
    ),
    CatalogueEntry(
        "cifar10",
        "CIFAR-10",
        "60,000 small colour photographs of animals and vehicles.",
        image_size=32,
        channels=3,
        class_count=10,
        train_count=50_000,
        test_count=10_000,
        download_bytes=170_498_071,
    ),
    CatalogueEntry(
        "svhn",
        "SVHN",
        "99,289 house numbers cut from street photographs.",
        image_size=32,
        channels=3,
        class_count=10,
        train_count=73_257,
        test_count=26_032,
        download_bytes=246_316_178,
    ),
    CatalogueEntry(
        "celeba",
        "CelebA",
        "182,732 faces of well-known people, cropped to a square; classes say who smiles.",
        image_size=64,
        channels=3,
        class_count=2,
        train_count=162_770,
        test_count=19_962,
        download_bytes=1_494_710_798,
        download_package="gdown",
    ),
)

CATALOGUE: dict[str, CatalogueEntry] = {entry.name: entry for entry in _ENTRIES}


def unknown_source(source: str) -> DatasetError:
    """The error for a source that is neither a name of the catalogue nor an existing path."""
    close = difflib.get_close_matches(source.lower(), CATALOGUE, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return DatasetError(
        f"{source} is neither a data set of the catalogue ({', '.join(CATALOGUE)}) "
        f"nor an existing image folder, .zip, .npz or .npy file.{hint}"
    )

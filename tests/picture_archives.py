"""Archives of pictures as people hand them in."""

import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from vae_core.data.dataset import Dataset, stored_dataset
from vae_core.data.files.intake import DEFAULT_LIMITS, UploadLimits
from vae_core.data.look import Request
from vae_core.data.reader import read


def spot(seed: int, size: int = 16) -> np.ndarray:
    """A white spot somewhere on black, uint8 (size, size): each picture another one."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    middle = generator.uniform(size * 0.3, size * 0.7, 2)
    return (((rows - middle[0]) ** 2 + (columns - middle[1]) ** 2 < size * generator.uniform(0.6, 1.2)) * 255).astype(
        np.uint8
    )


def encoded(picture: np.ndarray | Image.Image, form: str = "PNG", **options: object) -> bytes:
    """The bytes of a picture file."""
    data = BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(data, form, **options)
    return data.getvalue()


def tiff(
    array: np.ndarray,
    order: Literal["<", ">"] = "<",
    big: bool = False,
    photometric: int | None = 1,
    compressed: bool = False,
    tile: int | None = None,
) -> bytes:
    """A TIFF of (H, W, C) numbers, as scientific programs write it, with any number of bands.

    In one strip, or, of one band, in tiles of `tile` × `tile` numbers that are not compressed.
    """
    height, width, bands = array.shape
    stored = array.astype(array.dtype.newbyteorder(order))
    data = stored.tobytes()
    if tile:
        filled = np.pad(stored[..., 0], ((0, -height % tile), (0, -width % tile)))
        rows, columns = (side // tile for side in filled.shape)
        data = filled.reshape(rows, tile, columns, tile).swapaxes(1, 2).tobytes()
    if compressed:
        data = zlib.compress(data)
        data += bytes(len(data) % 2)
    kind = {"u": 1, "i": 2, "f": 3}[array.dtype.kind]
    start = 16 if big else 8
    tile_bytes = (tile or 0) ** 2 * array.itemsize
    tile_starts = list(range(start, start + len(data), tile_bytes)) if tile else []
    tags: list[tuple[int, list[int]]] = [
        (256, [width]),
        (257, [height]),
        (258, [8 * array.itemsize] * bands),
        (259, [8 if compressed else 1]),
        *([] if photometric is None else [(262, [photometric])]),
        *([] if tile else [(273, [start])]),
        (277, [bands]),
        *([] if tile else [(278, [height]), (279, [len(data)])]),
        *([(322, [tile]), (323, [tile]), (324, tile_starts), (325, [tile_bytes] * len(tile_starts))] if tile else []),
        (339, [kind] * bands),
    ]
    entry, inline, word = (20, 8, "Q") if big else (12, 4, "I")
    beyond = start + len(data)
    directory, values = b"", b""
    for tag, numbers in tags:
        form = f"{order}{len(numbers)}{'H' if len(numbers) > 1 else 'I'}"
        packed_numbers = struct.pack(form, *numbers)
        kept = packed_numbers.ljust(inline, b"\0")
        if len(packed_numbers) > inline:
            kept = struct.pack(f"{order}{word}", beyond + len(values))
            values += packed_numbers
        directory += struct.pack(f"{order}HH{word}", tag, 3 if len(numbers) > 1 else 4, len(numbers)) + kept
        assert len(directory) % entry == 0
    place = beyond + len(values)
    mark = b"II" if order == "<" else b"MM"
    head = struct.pack(f"{order}HHHQ", 43, 8, 0, place) if big else struct.pack(f"{order}HI", 42, place)
    count = struct.pack(f"{order}{'Q' if big else 'H'}", len(tags))
    return mark + head + data + values + count + directory + bytes(8)


def packed(path: Path, members: Mapping[str, bytes]) -> Path:
    """A ZIP of these files."""
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def spots(names: Iterable[str]) -> dict[str, bytes]:
    """For each name a picture of its own."""
    return {name: encoded(spot(number)) for number, name in enumerate(names)}


def set_notes(dataset: Dataset) -> list[str]:
    """What is said of the set as a whole."""
    own = {dataset.name, f"{dataset.name}.zip"}
    return [note.note for note in dataset.report.notes if note.name in own]


def png(value: int = 100, size: tuple[int, int] = (16, 16)) -> bytes:
    data = BytesIO()
    Image.new("L", size, value).save(data, "PNG")
    return data.getvalue()


def archive(path: Path, members: Sequence[tuple[zipfile.ZipInfo | str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for member, data in [*members, ("good/1.png", png()), ("good/2.png", png())]:
            file.writestr(member, data)
    return path


def training_split(path: Path, limits: UploadLimits = DEFAULT_LIMITS, image_size: int | None = None) -> Dataset:
    """What is trained on of files that somebody has handed in."""
    return stored_dataset(read(Request(path, image_size), limits=limits), "train")


def reasons(path: Path, limits: UploadLimits = DEFAULT_LIMITS) -> dict[str, str]:
    """What was skipped; the two good images must have survived."""
    dataset = training_split(path, limits)
    assert len(dataset) == 1
    assert dataset.class_names == ("good",)
    return {entry.name: entry.reason for entry in dataset.report.skipped}

"""The files that a manifest names, each with what it must be. Free of torch.

`manifest.json` is the only file whose name stays; every file it names carries the start of its own sha256 in
its name, so a name stands for one content for ever.
"""

import math
import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

HASH_DIGITS = 12
SUFFIXES = ("onnx", "f32", "f16", "u8", "u16", "u32", "webp")
HASHED_NAME = re.compile(rf"[a-z_]+\.[0-9a-f]{{12}}\.({'|'.join(SUFFIXES)})")
ITEM_BYTES = {"float32": 4, "float16": 2, "uint8": 1, "uint16": 2, "uint32": 4}


class Part(BaseModel):
    """A record of which every entry is known and none is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)


class FilePart(Part):
    """A file by its hashed name, size and sha256."""

    path: str
    bytes: PositiveInt
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not HASHED_NAME.fullmatch(self.path):
            raise ValueError(f"path {self.path!r} is not a plain hashed file name")
        if self.path.split(".")[1] != self.sha256[:HASH_DIGITS]:
            raise ValueError(f"path {self.path!r} does not carry the file's sha256")
        return self


class ArrayPart(FilePart):
    """A little-endian array in C order."""

    dtype: Literal["float32", "float16", "uint8", "uint16", "uint32"]
    shape: list[PositiveInt]

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        if math.prod(self.shape) * ITEM_BYTES[self.dtype] != self.bytes:
            raise ValueError(f"{self.bytes} bytes do not hold {self.dtype} of shape {self.shape}")
        return self


class ThumbnailsPart(FilePart):
    """A sheet of small images, row by row."""

    tile: PositiveInt
    columns: PositiveInt
    rows: PositiveInt


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _evenly_filled(sheets: list[ThumbnailsPart]) -> list[ThumbnailsPart]:
    first, last = sheets[0], sheets[-1]
    if any((sheet.tile, sheet.columns) != (first.tile, first.columns) for sheet in sheets):
        raise ValueError("sheets of one map differ in tile or columns")
    if any(sheet.rows != first.rows for sheet in sheets[:-1]) or last.rows > first.rows:
        raise ValueError("all sheets but the last must have the same rows, and the last no more")
    return sheets


# A single sheet has the points' own order, several have that of `latent_map.order_on_sheets`. The first maps name a
# single sheet without a list round it.
Sheets = Annotated[list[ThumbnailsPart], Field(min_length=1), BeforeValidator(_as_list), AfterValidator(_evenly_filled)]


class FilesPart(Part):
    """Every file of the folder but the manifest.

    `indices` are the points' places in the data set's split, by which an image is known on any map of the same data.
    `plane_latents` are what the way from the map back to latents is fitted to, where that is not the latents;
    `log_variances` are those of posteriors with a diagonal covariance; a full one is told by the encoder alone. `prior`
    is the one that knows the data, learned or fitted, packed as by `pack_prior`. The first maps name none of them, but
    the graphs `plane` and `position`, which nothing reads any more. Only models that were trained elsewhere may have no
    `encoder`, or no posteriors that anybody tells, and so neither `log_variances` nor `kl`. Of images that were decoded
    themselves there is no `reconstruction_error`.
    """

    decoder: FilePart
    encoder: FilePart | None = None
    plane: FilePart | None = None
    position: FilePart | None = None
    points: ArrayPart
    indices: ArrayPart | None = None
    latents: ArrayPart
    plane_latents: ArrayPart | None = None
    log_variances: ArrayPart | None = None
    prior: ArrayPart | None = None
    labels: ArrayPart
    kl: ArrayPart | None = None
    reconstruction_error: ArrayPart | None = None
    thumbnails: Sheets

    def __iter__(self) -> Any:
        """(role, file) pairs of the files there are, in the order of the fields; each sheet is a pair of its own."""
        for role in type(self).model_fields:
            files = getattr(self, role)
            for file in files if isinstance(files, list) else [files]:
                if file is not None:
                    yield role, file

    @model_serializer(mode="wrap")
    def _without_missing(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {role: file for role, file in serialise(self).items() if file is not None}

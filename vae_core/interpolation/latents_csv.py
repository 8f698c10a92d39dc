"""Latents as CSV (RFC 4180), written and read back; the file that the explorer's tray saves is read as well."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vae_core.errors import UserError
from vae_core.interpolation.paths import Floats

MOST_ROWS = 10_000
LARGEST_FILE = 1 << 26  # bytes
LARGEST_VALUE = 1e6  # no latent is near it, and its square is still an ordinary float32


@dataclass(frozen=True)
class NamedLatents:
    """Latents (N, D), float64, and a name for each; the names are empty where the file has none."""

    latents: Floats
    names: tuple[str, ...]


def latents_csv(latents: Floats, names: Sequence[str] | None = None) -> str:
    """Columns frame, name (only if there are names), z1 … zD: a row for each of the latents (N, D).

    Each number has as many digits as its dtype needs to be read back exactly.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    dimensions = _dimension_names(latents.shape[1])
    writer.writerow(["frame", *(["name"] if names is not None else []), *dimensions])
    for frame, latent in enumerate(latents):
        writer.writerow([frame, *([names[frame]] if names is not None else []), *map(str, latent)])
    return text.getvalue()


def read_latents(path: str | Path, latent_dim: int, *, most_rows: int = MOST_ROWS) -> NamedLatents:
    """Read latents of `latent_dim` dimensions from CSV.

    The header is z1 … zD, with `frame` and `name` before them or not.

    Raises:
        UserError: naming the file, and the row where there is one, and what is wrong with it.
    """
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UserError(f"{path}: is larger than any file of latents ({LARGEST_FILE >> 20} MB).")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: not a CSV file in UTF-8.") from None
    return parse_latents(text, latent_dim, source=str(path), most_rows=most_rows)


def parse_latents(text: str, latent_dim: int, *, source: str, most_rows: int = MOST_ROWS) -> NamedLatents:
    """`read_latents` for the text of a file called `source`.

    Raises:
        UserError: see `read_latents`.
    """
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    latents: list[list[float]] = []
    names: list[str] = []
    try:
        header = [cell.strip() for cell in next(rows, [])]
        first = _first_dimension(header, latent_dim, source)
        for number, row in enumerate(rows, start=2):
            if not row:
                continue
            if len(latents) == most_rows:
                raise UserError(f"{source}: has more than {most_rows} rows of latents.")
            if len(row) != len(header):
                raise UserError(f"{source}: row {number} has {len(row)} columns, but the header has {len(header)}.")
            latents.append([_number(cell, f"{source}: row {number}") for cell in row[first:]])
            names.append(row[header.index("name")] if "name" in header[:first] else "")
    except csv.Error as error:
        raise UserError(f"{source}: row {rows.line_num} is not CSV ({error}).") from None
    if not latents:
        raise UserError(f"{source}: holds no latents.")
    return NamedLatents(np.array(latents), tuple(names))


def _first_dimension(header: list[str], latent_dim: int, source: str) -> int:
    """In which column the latents begin."""
    first = len(header) - latent_dim
    before = header[: max(first, 0)]
    if (
        first < 0
        or header[first:] != _dimension_names(latent_dim)
        or sorted(before) not in ([], ["frame"], ["name"], ["frame", "name"])
    ):
        raise UserError(
            f"{source}: row 1 must name the columns of a {latent_dim}-dimensional latent, "
            f"z1 to z{latent_dim}, with frame and name before them or not."
        )
    return first


def _dimension_names(latent_dim: int) -> list[str]:
    return [f"z{dimension + 1}" for dimension in range(latent_dim)]


def _number(cell: str, place: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        raise UserError(f"{place} holds {cell[:40]!r}, which is not a number.") from None
    if not abs(value) <= LARGEST_VALUE:  # nor is NaN
        raise UserError(f"{place} holds {cell[:40]!r}, which is not a finite number of at most {LARGEST_VALUE:,.0f}.")
    return value

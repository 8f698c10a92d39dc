"""Pictures in Parquet tables, as data sets of the Hugging Face hub have them: put into a ZIP, with a table of the rest.

A column holds picture files, as bytes or as records of `bytes` and `path`. Names of classes come from the description
that the library `datasets` writes into a file.
"""

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from vae_core.data.files.intake import (
    MIB,
    PACKED,
    PARQUET_SUFFIX,
    FileSource,
    TableFile,
    UnusableFileError,
    UploadLimits,
    own_name,
)
from vae_core.data.files.picture_names import is_picture_name
from vae_core.data.files.split_words import purposes
from vae_core.errors import DatasetError
from vae_core.progress import Pace, ProgressListener

ROWS = 16  # that are read at once: pictures may be large
LONGEST = 100  # characters of a value that is kept beside a picture
BLOCK = MIB
LISTED = 6  # columns
SIGNATURES = {b"\xff\xd8": ".jpg", b"RIFF": ".webp", b"GIF8": ".gif", b"BM": ".bmp", b"II*\0": ".tif", b"MM\0*": ".tif"}


def parquet_files(source: FileSource) -> dict[str, TableFile]:
    """The Parquet tables among files none of which is called a picture: beside pictures they are no data."""
    if any(map(is_picture_name, source.names)):
        return {}
    return {name: file for name, file in source.tables.items() if name.lower().endswith(PARQUET_SUFFIX)}


def as_archive(
    source: FileSource, files: Mapping[str, TableFile], folder: Path, limits: UploadLimits, progress: ProgressListener
) -> Path:
    """A ZIP in `folder` of all pictures, in folders where files are called train and test, with a table of the rest.

    Raises DatasetError where a file is none, or holds no pictures; OSError where there is no room.
    """
    name = own_name(source.path)
    stems = {title: PurePosixPath(title).with_suffix("").as_posix() for title in files}
    parts = purposes(set(stems.values()))
    pace = Pace(progress, "Taking the pictures out", sum(file.size for file in files.values()))
    path = folder / f"{name}{PACKED}"
    rest: list[tuple[str, dict[str, str]]] = []
    done = size = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, (title, file) in enumerate(files.items()):
            table = _Table(title, _copied(title, file, folder / f"{number}{PARQUET_SUFFIX}", limits))
            for picture, values in table.pictures():
                at = f"{parts.get(stems[title], '')}/{number}-{len(rest):07d}{_suffix(picture)}".lstrip("/")
                size += len(picture)
                if len(rest) >= limits.members or size > limits.total_bytes:
                    raise DatasetError(f"{name} holds more pictures than are read here; hand in fewer of its files.")
                archive.writestr(zipfile.ZipInfo(at), picture)
                rest.append((at, values))
                pace.at(done + table.share * file.size)
            done += file.size
        # A sentence on the classes names the table: by what the person knows.
        archive.writestr(zipfile.ZipInfo(f"{PurePosixPath(next(iter(files))).name}.csv"), _written(rest))
    return path


def _copied(title: str, file: TableFile, path: Path, limits: UploadLimits) -> Path:
    """Where it can be gone back in, as its format needs."""
    limits.check_whole(title, file.size)
    try:
        with file.open() as content, path.open("wb") as copy:
            shutil.copyfileobj(content, copy, BLOCK)
    except UnusableFileError as error:
        raise DatasetError(f"{title}: {error}") from error
    return path


def _suffix(picture: bytes) -> str:
    return next((suffix for start, suffix in SIGNATURES.items() if picture.startswith(start)), ".png")


def _written(rows: list[tuple[str, dict[str, str]]]) -> str:
    """A table of what is beside the pictures, which names them."""
    columns = list(dict.fromkeys(column for _, values in rows for column in values))
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["file", *columns])
    table.writerows([name, *(values.get(column, "") for column in columns)] for name, values in rows)
    return text.getvalue()


class _Table:
    """One Parquet file. `share` is how much of it has been read."""

    def __init__(self, title: str, path: Path) -> None:
        import pyarrow as pa
        from pyarrow import parquet as pq

        pa.set_memory_pool(pa.system_memory_pool())  # the others set gigabytes aside, and strangers' files have a limit
        self.share = 0.0
        self._title = title
        try:
            self._file = pq.ParquetFile(path, memory_map=False, pre_buffer=False)
            schema = self._file.schema_arrow
        except MemoryError:
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self._damaged() from error
        self._names = _class_names(schema.metadata or {})
        self._picture = next((field.name for field in schema if _may_hold_pictures(field.type)), None)
        if self._picture is None:
            held = ", ".join(schema.names[:LISTED]) + (", …" if len(schema.names) > LISTED else "")
            raise DatasetError(
                f"{title} has no column of picture files ({held}); write them as PNG files, a folder for each class."
            )
        plain = (pa.types.is_integer, pa.types.is_boolean, pa.types.is_floating, pa.types.is_string)
        self._rest = [field.name for field in schema if any(is_type(field.type) for is_type in plain)]

    def pictures(self) -> Iterator[tuple[bytes, dict[str, str]]]:
        """Each picture's file with what the other columns say of it, in words; rows without a picture are left out."""
        import pyarrow as pa

        count, done = self._file.metadata.num_rows, 0
        try:
            for batch in self._file.iter_batches(ROWS, columns=[self._picture, *self._rest], use_threads=False):
                for row in batch.to_pylist():
                    done += 1
                    self.share = done / max(1, count)
                    if (picture := self._bytes(row.pop(self._picture))) is not None:
                        yield picture, {name: self._words(name, value) for name, value in row.items()}
        except (DatasetError, MemoryError):
            raise
        except (pa.ArrowException, OSError, ValueError, KeyError) as error:
            raise self._damaged() from error

    def _bytes(self, cell: Any) -> bytes | None:
        if isinstance(cell, dict):
            if cell.get("bytes") is None and cell.get("path"):
                raise DatasetError(f"{self._title} names its pictures and does not hold them; hand in those.")
            cell = cell.get("bytes")
        return cell or None

    def _words(self, column: str, value: Any) -> str:
        names = self._names.get(column)
        if names is not None and isinstance(value, int) and 0 <= value < len(names):
            return names[value]
        return "" if value is None else str(value)[:LONGEST]

    def _damaged(self) -> DatasetError:
        return DatasetError(f"{self._title} is damaged, or no Parquet table; download it anew.")


def _may_hold_pictures(kind: Any) -> bool:
    import pyarrow as pa

    def is_binary(of: Any) -> bool:
        return bool(pa.types.is_binary(of) or pa.types.is_large_binary(of))

    if pa.types.is_struct(kind):
        return any(field.name == "bytes" and is_binary(field.type) for field in kind)
    return is_binary(kind)


def _class_names(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """The names of each column's classes, as far as the file tells them."""
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        return {
            column: [str(name) for name in feature["names"]]
            for column, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (KeyError, ValueError, TypeError):
        return {}

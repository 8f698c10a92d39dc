"""What was handed in as a source of pictures, whatever they lie in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vae_core.data.files.archives import ArchiveSource, open_archive, open_source
from vae_core.data.files.intake import FileSource, UploadLimits, own_name, telling_of_room
from vae_core.data.files.parquet_pictures import as_archive, parquet_files
from vae_core.progress import ProgressListener, silent
from vae_core.scratch import Scratch


@contextmanager
def open_pictures(path: Path, limits: UploadLimits, progress: ProgressListener = silent) -> Iterator[FileSource]:
    """As `open_source`; of Parquet tables the pictures that they hold, with a table of the rest."""
    with open_source(path, limits) as source:
        files = parquet_files(source)
        if not files:
            yield source
            return
        with Scratch() as scratch:
            with telling_of_room(own_name(path)):
                unpacked = as_archive(source, files, scratch.folder, limits, progress)
            with open_archive(unpacked, limits) as archive:
                yield ArchiveSource(unpacked, archive, limits)

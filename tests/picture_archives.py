"""Archives of pictures as people hand them in."""

import zipfile
from io import BytesIO
from pathlib import Path

from PIL import Image

from vae_core.datasets.pictures import load_pictures
from vae_core.datasets.request import Request
from vae_core.progress import silent
from vae_core.uploads.limits import DEFAULT_LIMITS, UploadLimits

REQUEST = Request("train", None, None, silent, 2**30)


def png(value: int = 100, size: tuple[int, int] = (16, 16)) -> bytes:
    data = BytesIO()
    Image.new("L", size, value).save(data, "PNG")
    return data.getvalue()


def archive(path: Path, members: list[tuple[zipfile.ZipInfo | str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for member, data in [*members, ("good/1.png", png()), ("good/2.png", png())]:
            file.writestr(member, data)
    return path


def reasons(path: Path, limits: UploadLimits = DEFAULT_LIMITS) -> dict[str, str]:
    """What was skipped; the two good images must have survived."""
    dataset = load_pictures(path, REQUEST, limits)
    assert len(dataset) == 1
    assert dataset.class_names == ("good",)
    return {entry.name: entry.reason for entry in dataset.report.skipped}

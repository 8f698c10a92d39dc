"""CelebA through a stand-in for the package gdown, which is not part of the software."""

import hashlib
import io
import os
import textwrap
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from torchvision import datasets as vision

from vae_core.data.dataset import load_dataset
from vae_core.data.named import locations
from vae_core.data.named.downloads import download
from vae_core.errors import DatasetError
from vae_core.progress import Progress, silent

# What gdown does with these options: it writes NAME and random letters beside the output, goes on with such a file,
# and renames it when it is whole. `hold` is the size at which it stands still, `fail` what it says on its error.
STAND_IN = """
import argparse, os, pathlib, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("url_or_id")
parser.add_argument("-O", "--output")
parser.add_argument("-q", "--quiet", action="store_true")
parser.add_argument("-c", "--continue", dest="continue_", action="store_true")
options = parser.parse_args()
drive = pathlib.Path(os.environ["STAND_IN_DRIVE"])
if (drive / "fail").exists():
    sys.exit((drive / "fail").read_text())
content = (drive / options.url_or_id.rpartition("=")[2]).read_bytes()
output = pathlib.Path(options.output)
parts = [path for path in output.parent.iterdir() if path.name.startswith(output.name) and path.name.endswith(".part")]
part = parts[0] if options.continue_ and parts else output.with_name(output.name + "x1y2z3.part")
with part.open("ab") as file:
    start = file.tell()
    hold = int((drive / "hold").read_text()) if (drive / "hold").exists() else len(content)
    file.write(content[start:hold])
    file.flush()
    with (drive / "log").open("a") as log:
        print(options.url_or_id, start, file=log)
    if len(content) > hold:
        time.sleep(600)
part.rename(output)
"""


class Stop(BaseException):
    """What a page raises when its person looks elsewhere."""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The download folder of a machine without data."""
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LATENT_EXPLORER_DATA", raising=False)
    monkeypatch.setattr(locations, "SYSTEM_FOLDER", tmp_path / "system")
    return tmp_path / "cache" / "downloads"


@pytest.fixture
def drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of Google Drive that holds six faces, the last two for testing, by their ids."""
    package, folder = tmp_path / "packages" / "gdown", tmp_path / "drive"
    package.mkdir(parents=True)
    folder.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(textwrap.dedent(STAND_IN))
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.setenv("STAND_IN_DRIVE", str(folder))
    listed = []
    for number, (name, content) in enumerate(celeba().items()):
        (folder / f"id{number}").write_bytes(content)
        listed.append((f"id{number}", hashlib.md5(content).hexdigest(), name))
    monkeypatch.setattr(vision.CelebA, "file_list", listed)
    return folder


def celeba() -> dict[str, bytes]:
    names = [f"{number:06}.jpg" for number in range(1, 7)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for number, name in enumerate(names):
            picture = io.BytesIO()
            Image.new("RGB", (178, 218), (40 * number, 100, 250)).save(picture, "JPEG")
            file.writestr(f"img_align_celeba/{name}", picture.getvalue())
    rows = {
        "list_attr_celeba.txt": "6\nMale Smiling\n"
        + "".join(f"{n} -1 {1 if i % 2 else -1}\n" for i, n in enumerate(names)),
        "identity_CelebA.txt": "".join(f"{n} 7\n" for n in names),
        "list_bbox_celeba.txt": "6\nimage_id x\n" + "".join(f"{n} 1\n" for n in names),
        "list_landmarks_align_celeba.txt": "6\nx\n" + "".join(f"{n} 1\n" for n in names),
        "list_eval_partition.txt": "".join(f"{n} {2 if i > 3 else 0}\n" for i, n in enumerate(names)),
    }
    return {"img_align_celeba.zip": buffer.getvalue()} | {name: text.encode() for name, text in rows.items()}


def log(drive: Path) -> list[str]:
    return (drive / "log").read_text().splitlines()


def test_celeba_is_fetched_unpacked_and_read_by_torchvision(drive: Path, cache: Path) -> None:
    heard: list[Progress] = []
    train, test = (load_dataset("celeba", split, progress=heard.append) for split in ("train", "test"))
    assert train.labels.tolist() == [0, 1, 0, 1]
    assert test.labels.tolist() == [0, 1]
    assert len(vision.CelebA(cache, split="all")) == 6
    assert log(drive) == [f"https://drive.google.com/uc?id=id{number} 0" for number in range(6)]
    coming = [event.done for event in heard if event.stage == "Downloading celeba"]
    assert coming == sorted(coming)
    assert coming[-1] == sum(len(content) for content in celeba().values())
    assert not list(cache.rglob("*.part*"))


def test_a_stop_ends_the_process_and_the_next_goes_on_where_it_was(drive: Path, cache: Path) -> None:
    (drive / "hold").write_text("5000")

    def stop(progress: Progress) -> None:
        if progress.done == 5000:
            raise Stop

    with pytest.raises(Stop):
        download("celeba", [], stop)
    (drive / "hold").unlink()
    download("celeba", [], silent)
    assert log(drive)[:3] == [
        "https://drive.google.com/uc?id=id0 0",
        "https://drive.google.com/uc?id=id0 5000",
        "https://drive.google.com/uc?id=id1 0",
    ]
    assert len(vision.CelebA(cache, split="all")) == 6


def test_a_silent_drive_is_left_and_what_came_is_kept(drive: Path, cache: Path) -> None:
    (drive / "hold").write_text("5000")
    with pytest.raises(DatasetError, match=r"Google Drive was silent for 5 seconds\. Check the connection"):
        download("celeba", [], silent, timeout=5.0)
    assert sum(path.stat().st_size for path in (cache / "celeba").iterdir()) == 5000


@pytest.mark.usefixtures("cache")
def test_what_gdown_says_is_passed_on(drive: Path) -> None:
    (drive / "fail").write_text("Failed to retrieve file url:\n\n\tToo many users have viewed it.\n")
    with pytest.raises(DatasetError) as caught:
        download("celeba", [], silent)
    assert (
        "Google Drive does not hand out img_align_celeba.zip (Failed to retrieve file url: Too many users have viewed "
        "it.). Try again later, since it limits how often a file is asked for, or put its files into a folder"
    ) in str(caught.value)


def test_a_wrong_file_is_removed(drive: Path, cache: Path) -> None:
    (drive / "id0").write_bytes(b"a web page")
    with pytest.raises(DatasetError, match=r"img_align_celeba\.zip from Google Drive has not the checksum"):
        download("celeba", [], silent)
    assert list((cache / "celeba").iterdir()) == []


def test_the_lock_is_held_as_long_as_the_process_lives(drive: Path, cache: Path) -> None:
    """Should this process be killed, gdown still writes: nobody else may begin meanwhile."""
    (drive / "hold").write_text("5000")
    locks: set[str] = set()

    def look(progress: Progress) -> None:
        if progress.done == 5000:
            children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
            locks.update(os.readlink(link) for child in children for link in Path(f"/proc/{child}/fd").iterdir())
            raise Stop

    with pytest.raises(Stop):
        download("celeba", [], look)
    assert str(cache / ".celeba.lock") in locks

"""Large pictures, many pictures and slow ones: what they take is bounded, and a caller can stop the reading."""

import json
import os
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.picture_archives import encoded, packed, reasons, spot, spots
from vae_core.config import Crop
from vae_core.data.dataset import load_dataset
from vae_core.data.files import decoding, survey
from vae_core.errors import DatasetError
from vae_core.progress import Pace, Progress

ROOT = Path(__file__).resolve().parents[1]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def plain_png(width: int, height: int, depth: int = 8, colour: int = 0, pixels: bool = True) -> bytes:
    """A PNG of zeros, made without holding them; without `pixels` its header alone claims the size."""
    bands = {0: 1, 2: 3, 6: 4}[colour]
    packer = zlib.compressobj(1)
    row = bytes(1 + width * bands * depth // 8)
    body = b"".join(packer.compress(row) for _ in range(height)) if pixels else b""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", body + packer.flush()) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


@pytest.mark.parametrize(("width", "height"), [(65_536, 1), (1, 65_536), (700_000, 2)])
def test_a_side_longer_than_any_picture_has_is_refused(tmp_path: Path, width: int, height: int) -> None:
    path = packed(
        tmp_path / "a.zip",
        {"good/1.png": encoded(spot(1)), "good/2.png": encoded(spot(2))}
        | {"good/long.png": plain_png(width, height, pixels=False)},
    )
    assert reasons(path) == {
        "good/long.png": f"It has {width:,} × {height:,} pixels; no side may be longer than 65,535."
    }


def slow_ppm(side: int) -> bytes:
    return b"P5 %d %d 100\n" % (side, side) + bytes(side * side)


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        (
            "a.webp",
            encoded(Image.new("L", (6000, 5000)), "WEBP", method=0),
            "28.8 million pixels, the limit for a WEBP",
        ),
        ("a.pgm", slow_ppm(2001), "4 million pixels, the limit for a PPM"),
        (
            "a.jpg",
            encoded(Image.new("CMYK", (7000, 6000)), "JPEG", progressive=True, subsampling=0),
            "38.4 million pixels, the limit for a JPEG",
        ),
    ],
    ids=["WebP", "PPM", "progressive CMYK"],
)
def test_what_takes_more_than_others_has_a_limit_of_its_own(
    tmp_path: Path, name: str, data: bytes, sentence: str
) -> None:
    path = packed(tmp_path / "a.zip", {"good/1.png": encoded(spot(1)), "good/2.png": encoded(spot(2)), name: data})
    assert reasons(path) == {name: f"It has more than {sentence} of this kind."}


def test_a_photograph_of_endless_passes_is_refused_at_once(tmp_path: Path) -> None:
    """A pass that changes nothing has some bytes, and costs as much as any other."""
    whole = encoded(Image.new("L", (4000, 4000)), "JPEG", progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    members = spots(["good/1.png", "good/2.png"]) | {"a.jpg": whole[:-2] + 5000 * last + whole[-2:]}
    start = time.process_time()
    assert reasons(packed(tmp_path / "a.zip", members)) == {
        "a.jpg": "It is drawn in 5,006 passes, more than any picture needs; save it anew."
    }
    assert time.process_time() - start < 5


def clouds(width: int, height: int) -> Image.Image:
    """A coarse pattern without symmetry, RGBA."""
    cells = np.random.default_rng(0).integers(256, size=(height // 100, width // 100, 4), dtype=np.uint8)
    return Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("crop", ["middle", "padded"])
@pytest.mark.parametrize("turn", [1, 2, 3, 4, 5, 6, 7, 8])
def test_a_large_picture_is_framed_as_a_small_one(
    tmp_path: Path, turn: int, crop: Crop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is averaged away at once, before cropping and turning, changes next to nothing."""
    about = Image.Exif()
    about[0x0112] = turn
    members = {"1.png": encoded(clouds(700, 517), exif=about), "2.png": encoded(clouds(700, 517))}
    path = packed(tmp_path / "a.zip", members)
    as_small = [load_dataset(path, split, image_size=32, crop=crop).images.float() for split in ("train", "test")]
    monkeypatch.setattr(decoding, "LARGE", 10_000)
    as_large = [load_dataset(path, split, image_size=32, crop=crop).images.float() for split in ("train", "test")]
    for small, large in zip(as_small, as_large, strict=True):
        assert small.std() > 20
        assert (small - large).abs().mean() < 1


MEASURE = """
import json, sys
from vae_core.data.dataset import load_dataset
from vae_core.data.look import examples
from pathlib import Path
def status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024
load_dataset("digits")
before = status("VmRSS")
found = []
for source in sys.argv[1:]:
    Path("/proc/self/clear_refs").write_text("5")
    dataset = load_dataset(source)
    reading = status("VmHWM") - before
    Path("/proc/self/clear_refs").write_text("5")
    shown = examples(Path(source), dataset.image_size, dataset.channels, "middle", 6, treatment=dataset.treatment)
    found.append([len(dataset), len(shown), reading, status("VmHWM") - before])
print(json.dumps(found))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory use from /proc")
def test_the_largest_pictures_take_less_than_six_hundred_megabytes(tmp_path: Path) -> None:
    """Fifty million pixels with transparency, of sixteen bits, and as a photograph; read, and in the preview."""
    side = 7000
    large = {
        "transparent": plain_png(side, side, colour=6),
        "deep": plain_png(side, side, depth=16),
        "photograph": encoded(Image.new("RGB", (side, side), "brown"), "JPEG"),
    }
    sources = [packed(tmp_path / f"{name}.zip", {"1": data, "2": data}) for name, data in large.items()]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", MEASURE, *map(str, sources)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    for images, shown, reading, showing in json.loads(result.stdout):
        assert (images, shown) == (1, 2)
        assert reading < 600
        assert showing < 600


def test_pixels_in_total_are_bounded(tmp_path: Path) -> None:
    vast = plain_png(7000, 7000, pixels=False)
    path = packed(tmp_path / "many.zip", {f"{number}.png": vast for number in range(450)})
    start = time.process_time()
    with pytest.raises(DatasetError) as caught:
        load_dataset(path)
    assert time.process_time() - start < 5
    limit = "many.zip has pictures of more than 20 thousand million pixels in all, the limit;"
    assert str(caught.value) == f"{limit} make them smaller, or hand in fewer."


def test_photographs_count_less_and_slow_pictures_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "MOST_PIXELS", 10_000)
    photographs = {f"{n}.jpg": encoded(Image.fromarray(spot(n, 100)), "JPEG") for n in range(7)}
    assert len(load_dataset(packed(tmp_path / "a.zip", photographs))) == 6
    plain = {f"{n}.png": encoded(spot(n, 100)) for n in range(2)}
    slow = {f"{n}.pgm": slow_ppm(8) for n in range(2)}
    for name, members in (("b.zip", plain), ("c.zip", slow)):
        with pytest.raises(DatasetError, match=f"^{name} has pictures of more than"):
            load_dataset(packed(tmp_path / name, members))


class StoppedError(Exception):
    """What a caller raises who wants no more."""


STAGES = [
    "Looking at the files",
    "Reading the table",
    "Looking for tables",
    "Looking at the values",
    "Looking for colour",
    "Reading images",
]


@pytest.mark.parametrize("stage", STAGES)
def test_a_caller_can_stop_every_stage(tmp_path: Path, stage: str) -> None:
    grey = {f"{n}.png": encoded(np.repeat((spot(n) // 255)[..., None], 3, -1)) for n in range(20)}
    table = "name,label\n" + "".join(f"{n},{'ab'[n % 2]}\n" for n in range(20))
    path = packed(tmp_path / "set.zip", grey | {"labels.csv": table.encode()})
    heard: list[Progress] = []

    def listen(progress: Progress) -> None:
        heard.append(progress)
        if progress.stage == stage:
            raise StoppedError

    with pytest.raises(StoppedError):
        load_dataset(path, progress=listen)
    assert [progress.stage for progress in heard][-1] == stage


def test_every_stage_tells_of_itself_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture of 0.3 seconds is told of before the next one is over."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    opened = decoding.opened

    def slowly(*arguments: object) -> object:
        now[0] += 0.3
        return opened(*arguments)  # type: ignore[arg-type]

    for module in (decoding, survey):
        monkeypatch.setattr(module, "opened", slowly)
    heard: list[float] = []
    grey = {f"{n}.png": encoded(np.repeat((spot(n) // 255)[..., None], 3, -1)) for n in range(8)}
    load_dataset(packed(tmp_path / "set.zip", grey), progress=lambda _: heard.append(now[0]))
    assert max(np.diff(heard)) <= 0.5


def test_a_pace_tells_some_times_a_second_and_of_its_end_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    heard: list[float] = []
    pace = Pace(lambda progress: heard.append(progress.done), "Work", 1000)
    for done in range(1, 1003):
        now[0] += 0.001
        pace.at(done)
    assert len(heard) == 5
    assert heard[-1] == 1000

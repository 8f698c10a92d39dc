"""One range of values and one ground for a whole set: what was dark is seen, what is transparent lies on one colour."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.picture_archives import encoded, packed, set_notes, spot
from vae_core.data.dataset import Dataset, load_dataset
from vae_core.data.files import survey, treatment
from vae_core.data.files.treatment import AS_USUAL, Treatment, ValueRange, extremes, ground_for, made_visible
from vae_core.data.look import HEIGHT, examples

COUNT = 12
ON_WHITE = "Its transparent parts are laid on white."
ON_BLACK = "Its transparent parts are laid on black: on white its bright drawings would not be seen."


def stretched(top: int) -> str:
    return f"Its values are stretched: 0 is black and {top} white."


def both(path: Path) -> list[Dataset]:
    return [load_dataset(path, split) for split in ("train", "test")]


def values_of(datasets: list[Dataset]) -> set[int]:
    return {value for dataset in datasets for value in dataset.images.unique().tolist()}


DARK: dict[str, tuple[dict[str, bytes], list[str] | None]] = {  # None: whatever is said
    "masks of 0 and 1": ({f"{n}.png": encoded(spot(n) // 255) for n in range(COUNT)}, [stretched(1)]),
    "masks in colour": (
        {f"{n}.png": encoded(np.repeat((spot(n) // 255)[..., None], 3, -1)) for n in range(COUNT)},
        [stretched(1)],
    ),
    "opaque masks": (
        {f"{n}.png": encoded(Image.fromarray(spot(n) // 255).convert("RGBA")) for n in range(COUNT)},
        [stretched(1)],
    ),
    "twelve bits": (
        {f"{n}.png": encoded((spot(n) // 255).astype(np.uint16) * 4095) for n in range(COUNT)},
        [stretched(4095)],
    ),
    "sixteen bits": (
        {f"{n}.png": encoded((spot(n) // 255).astype(np.uint16) * 65535) for n in range(COUNT)},
        None,
    ),
    "twelve bits, TIFF": (
        {f"{n}.tif": encoded((spot(n) // 255).astype(np.uint16) * 4095, "TIFF") for n in range(COUNT)},
        [stretched(4095)],
    ),
    "thirty-two bits": (
        {f"{n}.tif": encoded((spot(n) // 255).astype(np.int32) * (2**20 - 1), "TIFF") for n in range(COUNT)},
        ["Its values are stretched: 0 is black and 1.04858e+06 white."],
    ),
    "floats to 1": ({f"{n}.tif": encoded(spot(n).astype(np.float32) / 255, "TIFF") for n in range(COUNT)}, []),
    "floats to 255": (
        {f"{n}.tif": encoded(spot(n).astype(np.float32), "TIFF") for n in range(COUNT)},
        ["Its numbers go up to 255: 0 is black and 255 white."],
    ),
    "floats of anything": (
        {f"{n}.tif": encoded(spot(n).astype(np.float32) * 40 - 200, "TIFF") for n in range(COUNT)},
        ["Its values are stretched: -200 is black and 10000 white."],
    ),
    "bytes": ({f"{n}.png": encoded(spot(n)) for n in range(COUNT)}, []),
    "one bit": ({f"{n}.png": encoded(Image.fromarray(spot(n)).convert("1")) for n in range(COUNT)}, []),
}


@pytest.mark.parametrize("kind", DARK)
def test_every_kind_of_number_is_seen_from_black_to_white(tmp_path: Path, kind: str) -> None:
    members, notes = DARK[kind]
    datasets = both(packed(tmp_path / "set.zip", members))
    assert values_of(datasets) == {0, 255}
    for dataset in datasets:
        few = "It has 12 pictures: few to learn from; some hundred make a map worth looking at."
        assert notes is None or set_notes(dataset) == [*notes, few]
        assert dataset.channels == 1
    shown = sorted(image.tobytes() for dataset in datasets for image in dataset.images.numpy())
    assert shown == sorted(spot(number).tobytes() for number in range(COUNT))


def test_one_range_holds_for_all_pictures_of_a_set(tmp_path: Path) -> None:
    """A picture that is darker than another one stays so."""
    tops = [4095 if number == 7 else 2000 for number in range(COUNT)]
    members = {f"{n}.png": encoded((spot(n) // 255).astype(np.uint16) * top) for n, top in enumerate(tops)}
    assert values_of(both(packed(tmp_path / "set.zip", members))) == {0, 125, 255}


def test_a_set_with_one_bright_picture_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the sample holds dark ones alone: then all are looked at."""
    monkeypatch.setattr(survey, "SAMPLE", 3)
    members = {f"{n:02}.png": encoded(spot(n) // 255 * (200 if n == 5 else 9)) for n in range(COUNT)}
    datasets = both(packed(tmp_path / "set.zip", members))
    assert values_of(datasets) == {0, 9, 200}
    assert not any("stretched" in note for note in set_notes(datasets[0]))


def test_pictures_of_two_kinds_have_a_range_each_and_it_is_said_how_many(tmp_path: Path) -> None:
    deep = {f"deep {n}.png": encoded((spot(n) // 255).astype(np.uint16) * 1023) for n in range(5)}
    plain = {f"plain {n}.png": encoded(spot(n + 5)) for n in range(7)}
    datasets = both(packed(tmp_path / "set.zip", deep | plain))
    assert values_of(datasets) == {0, 255}
    assert "Its values are stretched: 0 is black and 1023 white, in 5 of its 12 pictures." in set_notes(datasets[0])


def test_few_levels_are_stretched_before_they_are_scaled(tmp_path: Path) -> None:
    """Scaled first, a picture of 0 and 1 would have 0 and 1; stretched first it has shades."""
    checks = np.indices((64, 64)).sum(axis=0) // 3 % 2
    members = {f"{n}.png": encoded(np.roll(checks, n, axis=0).astype(np.uint8)) for n in range(COUNT)}
    path = packed(tmp_path / "set.zip", members)
    assert len(load_dataset(path, image_size=16).images.unique()) > 30


def test_a_picture_with_nan_is_left_out_and_has_no_say(tmp_path: Path) -> None:
    broken = spot(0).astype(np.float32) / 255
    broken[3, 3] = np.nan
    members = {f"{n}.tif": encoded(spot(n).astype(np.float32) / 255, "TIFF") for n in range(1, COUNT)}
    datasets = both(packed(tmp_path / "set.zip", members | {"0.tif": encoded(broken, "TIFF")}))
    assert values_of(datasets) == {0, 255}
    reasons = {(entry.name, entry.reason) for dataset in datasets for entry in dataset.report.skipped}
    assert reasons == {("0.tif", "It holds pixels that are no numbers (NaN or infinity).")}


def drawing(seed: int, ink: tuple[int, int, int], mode: str = "RGBA") -> Image.Image:
    """A spot of one colour on nothing."""
    pixels = np.zeros((16, 16, 4), dtype=np.uint8)
    pixels[..., :3], pixels[..., 3] = ink, spot(seed)
    return Image.fromarray(pixels).convert(mode)


@pytest.mark.parametrize(
    ("ink", "ground", "note"),
    [
        ((255, 255, 255), 0, ON_BLACK),
        ((240, 250, 240), 0, ON_BLACK),
        ((0, 0, 0), 255, ON_WHITE),
        ((20, 20, 20), 255, ON_WHITE),
        ((255, 220, 0), 255, ON_WHITE),
        ((128, 128, 128), 255, ON_WHITE),
    ],
    ids=["white", "nearly white", "black", "nearly black", "yellow", "grey"],
)
def test_a_drawing_lies_on_the_ground_that_shows_it(
    tmp_path: Path, ink: tuple[int, int, int], ground: int, note: str
) -> None:
    members = {f"{n}.png": encoded(drawing(n, ink)) for n in range(COUNT)}
    datasets = both(packed(tmp_path / "set.zip", members))
    for dataset in datasets:
        assert note in set_notes(dataset)
        for image in dataset.images:
            assert set(image.flatten(1).T.unique(dim=0).flatten().tolist()) == {ground, *ink}
        assert len(dataset.images.flatten(1).unique(dim=0)) == len(dataset)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_the_ground_is_one_for_all_of_a_set(tmp_path: Path, mode: str) -> None:
    """Two black drawings among white ones lie on black as well: the others would be lost on white."""
    inks = [(0, 0, 0) if n < 2 else (255, 255, 255) for n in range(COUNT)]
    members = {f"{n}.png": encoded(drawing(n, ink, mode)) for n, ink in enumerate(inks)}
    for dataset in both(packed(tmp_path / "set.zip", members)):
        assert (dataset.images[..., 0, 0] == 0).all()
        assert dataset.treatment.ground == "black"


def test_opaque_pictures_need_no_ground(tmp_path: Path) -> None:
    members = {f"{n}.png": encoded(Image.fromarray(spot(n)).convert("RGBA")) for n in range(COUNT)}
    assert not any("transparent" in note for note in set_notes(both(packed(tmp_path / "set.zip", members))[0]))


def test_the_ground_that_swallows_fewer_drawings_is_taken_and_white_where_it_is_equal() -> None:
    light, dark, middle = (10.0, 245.0), (245.0, 10.0), (127.0, 128.0)
    assert ground_for([light, light, dark]) == "black"
    assert ground_for([light, dark, dark]) == "white"
    assert ground_for([light, dark]) == ground_for([middle]) == "white"


MODES = {
    "L": Image.fromarray(np.arange(240 * 200, dtype=np.uint8).reshape(240, 200)),
    "RGBA": Image.fromarray(np.random.default_rng(0).integers(256, size=(240, 200, 4), dtype=np.uint8)),
    "P": Image.fromarray(np.random.default_rng(1).integers(256, size=(240, 200, 3), dtype=np.uint8)).quantize(9),
    "1": Image.fromarray(spot(1, 200)).convert("1"),
    "CMYK": Image.fromarray(np.random.default_rng(2).integers(256, size=(240, 200, 4), dtype=np.uint8), "CMYK"),
    "I;16": Image.fromarray((np.arange(240 * 200) % 5000).astype(np.uint16).reshape(240, 200)),
    "F": Image.fromarray(np.linspace(0, 1, 240 * 200, dtype=np.float32).reshape(240, 200)),
}


@pytest.mark.parametrize("factor", [1, 3, 7])
@pytest.mark.parametrize("mode", MODES)
def test_in_strips_a_picture_becomes_the_same(mode: str, factor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given = Treatment("black", of_whole=ValueRange(0, 4095))
    box = (10, 20, 10 + 21 * 8, 20 + 21 * 9)
    whole, ends = made_visible(MODES[mode], given, factor, box), extremes(MODES[mode])
    assert whole.size == (21 * 8 // factor, 21 * 9 // factor)
    expected = made_visible(MODES[mode], given).crop(box)
    np.testing.assert_array_equal(np.asarray(whole), np.asarray(expected.reduce(factor)))
    monkeypatch.setattr(treatment, "_STRIP", 5000)
    np.testing.assert_array_equal(np.asarray(made_visible(MODES[mode], given, factor, box)), np.asarray(whole))
    assert extremes(MODES[mode]) == ends


def test_the_preview_shows_pictures_as_they_are_learned(tmp_path: Path) -> None:
    members = {f"{n}.png": encoded((spot(n, 32) // 255).astype(np.uint16) * 4095) for n in range(COUNT)}
    path = packed(tmp_path / "set.zip", members)
    dataset = load_dataset(path, image_size=16)
    for given, brightest in ((dataset.treatment, 255), (AS_USUAL, 17)):
        (first, *_) = examples(path, 16, 1, "middle", 6, treatment=given)
        seen = np.asarray(Image.open(BytesIO(first.sheet)).convert("L"))[:, -HEIGHT:]
        assert int(seen.max()) == pytest.approx(brightest, abs=3)

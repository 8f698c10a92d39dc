"""The command `interpolate`: a file in the format its name asks for, and one clear line for a mistake."""

import io
import json
import re
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from vae_core.checkpoint.weights import load_checkpoint
from vae_core.cli.command_line import main
from vae_core.interpolation.latents_csv import latents_csv, read_latents
from vae_core.interpolation.model_paths import decoder

MODEL = Path(__file__).parents[1] / "checkpoints" / "digits-2d"
STOPS = np.array([[-1.5, 0.5], [1.0, 1.0], [0.25, -1.0]], np.float32)
MODES = ("line", "slerp", "data", "geodesic")


@pytest.fixture
def stops(tmp_path: Path) -> Path:
    """A file of latents to pass through."""
    (tmp_path / "stops.csv").write_text(latents_csv(STOPS, ["one", "two", "three"]), newline="")
    return tmp_path / "stops.csv"


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, Any, str]:
    """Exit code, what stdout says (JSON with --json), and what stderr does."""
    try:
        code = main(["interpolate", *map(str, words)])
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if "--json" in words else captured.out, captured.err


@pytest.mark.parametrize("mode", MODES)
def test_a_table_of_latents(mode: str, stops: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "new folder" / "path.csv"
    words = ["--mode", mode, "--frames", "9", "--spacing", "image", "--json"]
    code, values, told = run(capsys, MODEL, "--from", stops, "--output", output, *words)
    assert code == 0
    assert ("geodesic …" in told) == (mode == "geodesic")
    assert ("along the data …" in told) == (mode == "data")
    latents = read_latents(output, 2).latents.astype(np.float32)
    np.testing.assert_array_equal(latents[[0, -1]], STOPS[[0, -1]])
    assert (len(latents), values["frames"], values["file"]) == (9, 9, str(output))
    assert values["duration"] is None
    if mode == "line":
        assert values["length"] == values["line_length"]
    if mode == "data":
        assert values["length"] <= 1.05 * values["line_length"]
        prior = load_checkpoint(MODEL).prior("fitted")
        line = np.concatenate([np.linspace(STOPS[0], STOPS[1], 5)[:-1], np.linspace(STOPS[1], STOPS[2], 5)])
        densities = [prior.log_prob(torch.from_numpy(way)).mean() for way in (latents, line)]
        assert densities[0] > densities[1]
    if mode == "geodesic":
        assert values["length"] < 0.99 * values["line_length"]


@pytest.mark.parametrize("form", ["gif", "webp", "PNG"])
def test_pictures(form: str, stops: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / f"path.{form}"
    words = ["--frames", "6", "--size", "40", "--fps", "10", "--loop", "once", "--json"]
    code, values, _ = run(capsys, MODEL, "--from", stops, "--output", output, *words)
    assert code == 0
    ends = decoder(load_checkpoint(MODEL).model)(STOPS[[0, -1]])
    pixels = np.rint(ends[:, 0] * 255).astype(np.uint8).repeat(5, 1).repeat(5, 2)
    with Image.open(output) as picture:
        if form == "PNG":
            assert (picture.size, values["duration"]) == ((240, 40), None)
            strip = np.asarray(picture)
            found = [strip[:, :40], strip[:, -40:]]
        else:
            frames = [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(picture)]
            assert (len(frames), picture.size, values["duration"]) == (6, (40, 40), 0.6)
            found = [frames[0], frames[-1]]
    np.testing.assert_allclose(np.array(found, int), pixels, atol=1)


def test_a_film_there_and_back(stops: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "path.mp4"
    words = ["--frames", "12", "--size", "64", "--fps", "11", "--loop", "ping-pong", "--extrapolate", "0.25"]
    code, said, _ = run(capsys, MODEL, "--from", stops, "--output", output, "--mode", "slerp", *words)
    assert code == 0
    assert f"{output}: 12 frames, 2.00 s. The path is " in said
    with av.open(io.BytesIO(output.read_bytes()), "r") as film:
        assert len(list(film.decode(video=0))) == 22


MISTAKES: dict[str, tuple[list[str], str]] = {
    "unknown suffix": (["--output", "film.avi"], "film.avi: .* .gif, .mp4, .webp, .png, .csv"),
    "no suffix": (["--output", "film"], "film: cannot tell the format"),
    "no output": ([], "required: --output"),
    "bad mode": (["--output", "a.gif", "--mode", "spline"], "invalid choice: 'spline'"),
    "too many frames": (["--output", "a.gif", "--frames", "121"], "frames must be 2 to 120"),
    "too far": (["--output", "a.gif", "--extrapolate", "-1"], "extrapolation must be 0 to 2"),
    "tiny": (["--output", "a.gif", "--size", "1"], "8 to 1024 pixels"),
    "too fast": (["--output", "a.gif", "--fps", "60"], "at most 50 frames a second"),
    "bad columns": (["--output", "a.png", "--columns", "0"], "columns must be 1 to 60"),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_one_clear_line_and_exit_code_2(
    kind: str, stops: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words, message = MISTAKES[kind]
    code, said, told = run(capsys, MODEL, "--from", stops, *words)
    assert (code, said) == (2, "")
    assert len(told.strip().splitlines()) == 1
    assert re.search(message, told), told
    assert list(tmp_path.iterdir()) == [stops], "something was left behind"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("z1,z2\n1,2\n", "2 to 6 stops (got 1)"),
        ("z1,z2\n" + 7 * "1,2\n", "more than 6 rows"),
        ("z1,z2,z3\n1,2,3\n1,2,3\n", "of a 2-dimensional latent"),
    ],
)
def test_stops_that_do_not_fit(content: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "z.csv").write_text(content)
    code, _, told = run(capsys, MODEL, "--from", tmp_path / "z.csv", "--output", tmp_path / "a.gif")
    assert code == 2
    assert message in told


@pytest.mark.parametrize("mode", ["data", "geodesic"])
def test_the_same_command_makes_the_same_file(
    mode: str, stops: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = torch.random.get_rng_state()
    for name in ("a.webp", "b.webp"):
        run(capsys, MODEL, "--from", stops, "--output", tmp_path / name, "--mode", mode, "--frames", "5")
    assert (tmp_path / "a.webp").read_bytes() == (tmp_path / "b.webp").read_bytes()
    assert torch.equal(before, torch.random.get_rng_state())

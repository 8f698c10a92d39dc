"""What the server computes for the Interpolate page: geodesics and films, asked for over a real socket."""

import asyncio
import base64
import gc
import http.client
import io
import itertools
import json
import math
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence
from starlette.exceptions import HTTPException
from starlette.requests import Request

from harness.imports import HEAVY, imported_by
from serving.bodies import json_body
from serving.heavy_work import FilmWish
from serving.routes import explorer_application
from serving.workshop import Workshop
from tests.serving_app import serving
from vae_core.checkpoint.layout import PRIOR_FILE, checkpoints_root
from vae_core.checkpoint.weights import load_checkpoint

SHIPPED = Path(__file__).parents[1] / "checkpoints"
MODEL = "digits-2d"
STOPS = [[-1.5, 0.5], [0.25, 1.0], [1.0, -1.25]]
WISH = {"stops": STOPS, "mode": "geodesic"}
LATENTS = [[-1.5 + 0.4 * frame, 0.1 * frame] for frame in range(8)]
JSON = "application/json"
LIMIT = 60.0  # seconds; a busy machine takes many times what a quiet one does
FILM = {"latents": LATENTS, "format": "gif", "side": 64, "frames_per_second": 8, "repeat": "loop"}


@torch.inference_mode()
def decoded(latents: Any) -> np.ndarray:
    """Images (N, H, W) in [0, 1]."""
    model = load_checkpoint(checkpoints_root() / MODEL).model.eval()
    return model.decode(torch.as_tensor(np.asarray(latents, dtype=np.float32)))[:, 0].numpy()


def chords(latents: Any) -> float:
    images = decoded(latents)
    return float(np.sqrt(np.square(np.diff(images, axis=0)).sum((1, 2))).sum())


class Asked:
    """A request under way: its status, and its lines as they come."""

    def __init__(self, port: int, path: str, body: bytes, content_type: str | None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
        headers = {} if content_type is None else {"Content-Type": content_type}
        self.connection.request("POST", f"/explorer/models/{path}", body, headers)
        self.answer = self.connection.getresponse()

    def line(self) -> dict[str, Any]:
        return dict(json.loads(self.answer.readline()))

    def last_line(self) -> dict[str, Any]:
        *before, last = self.lines()
        assert all(set(line) == {"step"} for line in before)
        return last

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.answer.read().splitlines()]

    def refusal(self) -> tuple[int, str]:
        return self.answer.status, json.loads(self.answer.read())["error"]

    def go_away(self) -> None:
        self.answer.close()
        self.connection.close()


Ask = Callable[..., Asked]


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture(scope="module")
def port(workshop: Workshop) -> Iterator[int]:
    with serving(explorer_application(workshop)) as number:
        yield number


@pytest.fixture
def ask(port: int) -> Iterator[Ask]:
    asked: list[Asked] = []

    def post(path: str, wish: Any, content_type: str | None = JSON) -> Asked:
        body = wish if isinstance(wish, bytes) else json.dumps(wish).encode()
        asked.append(made := Asked(port, path, body, content_type))
        return made

    yield post
    for one in asked:
        one.go_away()


def test_a_geodesic_comes_with_its_progress_and_goes_through_the_stops(ask: Ask) -> None:
    asked = ask(f"{MODEL}/geodesic", WISH, "Application/JSON; charset=utf-8")
    assert asked.answer.status == 200
    assert asked.answer.headers["content-type"].startswith("application/x-ndjson")
    assert asked.answer.headers["cache-control"] == "no-store"
    assert asked.line()["step"] == {"stage": "Opening the model", "done": 0, "total": 1}
    result = asked.last_line()["result"]

    points, each = np.array(result["points"], dtype=np.float32), result["points_per_segment"]
    assert points.shape == (2 * each + 1, 2)
    assert np.array_equal(points[::each], np.array(STOPS, dtype=np.float32))
    line = [np.linspace(a, b, each, endpoint=False) for a, b in itertools.pairwise(STOPS)]
    assert result["length"] == pytest.approx(chords(points), rel=1e-3)
    assert result["line_length"] == pytest.approx(chords(np.concatenate([*line, points[-1:]])), rel=1e-3)
    assert result["length"] <= result["line_length"]


def test_a_model_is_opened_before_anything_is_asked_of_it(ask: Ask, workshop: Workshop) -> None:
    assert ask(f"{MODEL}/ready", {}).last_line() == {"result": {}}
    assert workshop.process_id is not None


def test_a_demo_opens_nothing_for_those_who_only_look() -> None:
    workshop = Workshop()
    with serving(explorer_application(workshop, public=True)) as port:
        asked = Asked(port, f"{MODEL}/ready", b"{}", JSON)
        assert asked.answer.status == 204
        asked.go_away()
    assert workshop.process_id is None


def test_a_path_along_the_data_is_sketched_before_it_is_refined(ask: Ask) -> None:
    asked = ask(f"{MODEL}/geodesic", WISH | {"mode": "data"})
    *before, last = asked.lines()
    (sketch,) = (line["sketch"] for line in before if "sketch" in line)
    result = last["result"]
    assert sketch["points_per_segment"] < result["points_per_segment"]
    for path in (sketch, result):
        points, each = np.array(path["points"], dtype=np.float32), path["points_per_segment"]
        assert np.array_equal(points[::each], np.array(STOPS, dtype=np.float32))
        assert path["length"] == pytest.approx(chords(points), rel=1e-3)
        assert path["log_density"] > path["line_log_density"]
        assert path["fitted"]


def test_without_a_fitted_prior_the_density_is_that_of_training_and_this_is_said(ask: Ask, checkpoints: Path) -> None:
    shutil.copytree(SHIPPED / MODEL, folder := checkpoints / "unfitted")
    (folder / PRIOR_FILE).unlink()
    result = ask("unfitted/geodesic", WISH | {"mode": "data"}).lines()[-1]["result"]
    assert not result["fitted"]
    line = np.linspace(STOPS[:-1], STOPS[1:], 1000).swapaxes(0, 1).reshape(-1, 2)
    lengths = np.linalg.norm(np.diff(STOPS, axis=0), axis=1)
    densities = (-0.5 * np.square(line).sum(1) - math.log(2 * math.pi)).reshape(2, -1).mean(1)
    assert result["line_log_density"] == pytest.approx((densities * lengths).sum() / lengths.sum(), abs=0.01)


@pytest.mark.parametrize(("kind", "media"), [("gif", "image/gif"), ("webp", "image/webp"), ("mp4", "video/mp4")])
@pytest.mark.parametrize("repeat", ["once", "ping-pong"])
def test_a_film_has_the_frames_that_were_asked_for(ask: Ask, kind: str, media: str, repeat: str) -> None:
    asked = ask(f"{MODEL}/film", FILM | {"format": kind, "repeat": repeat})
    result = asked.last_line()["result"]
    assert result["media_type"] == media
    content = io.BytesIO(base64.b64decode(result["base64"]))
    if kind == "mp4":
        with av.open(content, "r") as container:
            frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
            assert float(container.streams.video[0].average_rate or 0) == pytest.approx(FILM["frames_per_second"])
    else:
        with Image.open(content) as image:
            read = [(np.asarray(frame.convert("L")), frame.info["duration"]) for frame in ImageSequence.Iterator(image)]
        frames = [pixels for pixels, _ in read]
        assert sum(duration for _, duration in read) / 1000 == pytest.approx(len(frames) / 8, rel=0.02)
    order = [*range(8)] if repeat == "once" else [*range(8), *range(6, 0, -1)]
    assert [frame.shape for frame in frames] == [(64, 64)] * len(order)
    expected = decoded(LATENTS).repeat(8, 1).repeat(8, 2)[order]  # 8 × 8 pixels
    allowed = 12 / 255 if kind == "mp4" else 1.5 / 255
    assert np.abs(np.array(frames, dtype=float) / 255 - expected).mean() < allowed


@pytest.mark.parametrize(
    ("what", "wish", "field"),
    [
        ("geodesic", WISH | {"stops": [[0, 0], [float("nan"), 0]]}, "stops.1.0"),
        ("geodesic", WISH | {"stops": [[0, 0]]}, "stops"),
        ("geodesic", WISH | {"stops": [[0, 0]] * 7}, "stops"),
        ("geodesic", b"{", "the request"),
        ("geodesic", WISH | {"mode": "line"}, "mode"),
        ("geodesic", {"stops": STOPS}, "mode"),
        ("geodesic", WISH | {"stops": [[0, 0], [1e308, 0]]}, "stops.1.0"),
        ("film", FILM | {"latents": LATENTS[:1]}, "latents"),
        ("film", FILM | {"latents": [[0, 0], [0, -1e38]]}, "latents.1.1"),
        ("film", FILM | {"latents": [[0, 0]] * 121}, "latents"),
        ("film", FILM | {"format": "../../etc"}, "format"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_by_the_name_of_its_field(ask: Ask, what: str, wish: Any, field: str) -> None:
    status, error = ask(f"{MODEL}/{what}", wish).refusal()
    assert (status, error.split(": ")[0]) == (422, field)


@pytest.mark.parametrize("what", ["geodesic", "film"])
def test_only_json_of_a_bearable_size_for_a_known_model_is_taken(ask: Ask, what: str) -> None:
    wish = WISH if what == "geodesic" else FILM
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None):
        assert ask(f"{MODEL}/{what}", wish, content_type).refusal()[0] == 415
    status, error = ask(f"{MODEL}/{what}", b" " * (1 << 20) + json.dumps(wish).encode()).refusal()
    assert (status, "bytes" in error) == (413, True)
    for name in ("absent", "%2e%2e", "..%2F..%2Fetc"):
        assert ask(f"{name}/{what}", wish).refusal()[0] == 404


@pytest.mark.parametrize("rows", [[[0, 0, 0]] * 2, [[0, 0], [0]], [[], []]])
def test_latents_of_another_model_are_named_as_such(ask: Ask, rows: list[list[float]]) -> None:
    for what, wish in (("geodesic", WISH | {"stops": rows}), ("film", FILM | {"latents": rows})):
        status, error = ask(f"{MODEL}/{what}", wish).refusal()
        assert (status, "has 2 latent dimensions" in error) == (422, True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"side": 7}, "pictures have 8 to 1024 pixels a side (got 7)"),
        ({"frames_per_second": 0}, "frames a second must be 1 to 60 (got 0)"),
        ({"frames_per_second": 60}, "a GIF shows at most 50 frames a second"),
    ],
)
def test_a_film_beyond_its_limits_is_refused_with_them(ask: Ask, change: dict[str, Any], words: str) -> None:
    status, error = ask(f"{MODEL}/film", FILM | change).refusal()
    assert (status, words in error) == (422, True)


def test_a_server_that_computes_a_geodesic_imports_nothing_heavy() -> None:
    def use(url: str) -> None:
        asked = Asked(int(url.rpartition(":")[2]), f"{MODEL}/geodesic", json.dumps(WISH).encode(), JSON)
        assert "result" in asked.last_line()
        asked.go_away()

    assert not imported_by(use) & HEAVY


LONG = 120  # frames
LONG_FILM = FILM | {"latents": [[0.01 * frame, 0] for frame in range(LONG)], "format": "webp", "side": 512}


# The desk, which stays at a film's first frame until it has been told that nobody waits for the film.
HELD_DESK = """
import json, os, sys, threading
from vae_core.films.desk import Desk

class HeldDesk(Desk):
    told = threading.Event()

    def _say(self, answer):
        with open(sys.argv[1], "a") as kept:
            kept.write(json.dumps(answer) + chr(10))
        super()._say(answer)
        if answer.get("step", {}).get("stage") == "film":
            self.told.wait(float(sys.argv[2]))

def orders():
    for line in sys.stdin.buffer:
        yield line
        if b"cancel" in line:
            HeldDesk.told.set()

HeldDesk(orders(), os.fdopen(1, "wb")).open()
"""


@pytest.mark.parametrize(("what", "wish"), [("geodesic", WISH), ("film", FILM)])
def test_who_goes_away_stops_the_work_and_leaves_no_word(
    tmp_path: Path, what: str, wish: Any, caplog: pytest.LogCaptureFixture
) -> None:
    workshop = Workshop((sys.executable, "-c", HELD_DESK, str(tmp_path / "said"), str(LIMIT)), cancel_limit=LIMIT)
    with serving(explorer_application(workshop)) as port:
        working = Asked(port, f"{MODEL}/film", json.dumps(LONG_FILM).encode(), JSON)
        while working.line()["step"]["stage"] != "film":
            pass
        waiting, last = (Asked(port, f"{MODEL}/{what}", json.dumps(wish).encode(), JSON) for _ in range(2))
        assert waiting.line()["step"]["stage"] == "Waiting: 1 before yours"
        assert last.line()["step"]["stage"] == "Waiting: 2 before yours"
        waiting.go_away()
        assert last.line()["step"]["stage"] == "Waiting: 1 before yours"
        working.go_away()
        assert "result" in last.last_line()
        last.go_away()
    said = [json.loads(line) for line in (tmp_path / "said").read_text().splitlines()]
    end = next(number for number, answer in enumerate(said) if "step" not in answer)
    assert said[end] == {"cancelled": True}
    assert said[end - 1]["step"] == {"stage": "film", "done": 0, "total": LONG}
    gc.collect()
    assert caplog.messages == []


def test_a_dozen_wishes_at_once_are_all_told_their_place(ask: Ask) -> None:
    """While the first is still at work, and however many threads there are."""
    working = ask(f"{MODEL}/film", LONG_FILM)
    while working.line()["step"]["stage"] != "film":
        pass
    waiting = [ask(f"{MODEL}/geodesic", WISH) for _ in range(12)]
    for place, asked in enumerate(waiting, start=1):
        assert asked.line()["step"]["stage"] == f"Waiting: {place} before yours"
    for asked in reversed(waiting):
        asked.go_away()
    assert "result" in working.last_line()


def test_a_dead_process_is_told_of_and_replaced(ask: Ask, workshop: Workshop) -> None:
    working = ask(f"{MODEL}/film", LONG_FILM)
    while working.line()["step"]["stage"] != "film":
        pass
    assert workshop.process_id is not None
    os.kill(workshop.process_id, signal.SIGKILL)  # as a system does that runs out of memory
    assert "ran out of memory" in working.last_line()["error"]
    assert "result" in ask(f"{MODEL}/film", FILM).last_line()


def test_what_is_wrong_with_a_model_is_told_without_its_place(
    ask: Ask, checkpoints: Path, add_checkpoint: Callable[..., Path]
) -> None:
    add_checkpoint("bare")  # has everything but its weights
    error = ask("bare/geodesic", WISH | {"stops": [[0] * 16, [1] * 16]}).last_line()["error"]
    assert error.startswith("bare")
    assert str(checkpoints) not in error


HOSTILE = b'{"latents":[' + b"[]," * 340_000 + b"[]]}"


def test_rows_by_the_hundred_thousand_are_refused_before_they_are_read() -> None:
    """Each row would be read with the interpreter held; and no request is read in the event loop's own thread."""
    read: list[threading.Thread] = []

    class Watched(FilmWish):
        @classmethod
        def model_validate_json(cls, *arguments: Any, **options: Any) -> Any:
            read.append(threading.current_thread())
            return super().model_validate_json(*arguments, **options)

    async def send(body: bytes) -> Any:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        request = Request({"type": "http", "method": "POST", "headers": []}, receive)
        return await json_body(request, Watched, 1 << 21, 242, 1000)

    with pytest.raises(HTTPException, match="more lists or numbers than it can hold"):
        asyncio.run(send(HOSTILE))
    assert read == []
    assert asyncio.run(send(json.dumps(FILM).encode())).side == FILM["side"]
    assert threading.main_thread() not in read
    assert len(read) == 1


def test_as_much_is_taken_as_the_model_can_mean(ask: Ask, add_checkpoint: Callable[..., Path]) -> None:
    """512 dimensions of 120 frames are more than a mebibyte; so much of a small model's is refused by its length."""
    folder = add_checkpoint("wide")
    manifest = json.loads((folder / "explorer" / "manifest.json").read_text())
    manifest["model"]["latent_dim"] = 512
    manifest["map"]["start_latent"] = [0.0] * 512
    manifest["latent"] = {
        "mean": [0.0] * 512,
        "standard_deviation": [1.0] * 512,
        "kl_per_dimension": [1.0] * 512,
        "order": list(range(512)),
        "active": [True] * 512,
    }
    manifest["files"]["latents"]["shape"] = [3, 512]
    manifest["files"]["latents"]["bytes"] = 3 * 512 * 2
    (folder / "explorer" / manifest["files"]["latents"]["path"]).write_bytes(bytes(3 * 512 * 2))
    (folder / "explorer" / "manifest.json").write_text(json.dumps(manifest))
    wish = FILM | {"latents": [[-0.12345678806304932] * 512] * 120}
    assert len(json.dumps(wish)) > 1 << 20
    asked = ask("wide/film", wish)
    assert asked.answer.status == 200
    assert "wide" in asked.last_line()["error"]  # has no weights
    assert ask("wide/film", json.dumps(wish).encode() + b" " * (1 << 20)).refusal()[0] == 413
    assert ask("wide/film", HOSTILE).refusal()[0] == 422

"""What the server computes for the Interpolate page: geodesics and films, asked for over a real socket."""

import base64
import gc
import http.client
import io
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import av
import numpy as np
import pytest
import torch
import uvicorn
from PIL import Image, ImageSequence

import vae_core.films.film as film_module
import vae_core.interpolation.geodesics as geodesics_module
from harness.server import free_port
from serving.routes import explorer_application
from vae_core.checkpoint.layout import checkpoints_root
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.interpolation.geodesics import geodesic
from vae_core.progress import Progress

MODEL = "digits-2d"
STOPS = [[-1.5, 0.5], [0.25, 1.0], [1.0, -1.25]]
LATENTS = [[-1.5 + 0.4 * frame, 0.1 * frame] for frame in range(8)]
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
        *steps, last = (json.loads(line) for line in self.answer.read().splitlines())
        assert all(set(step) == {"step"} for step in steps)
        return dict(last)

    def refusal(self) -> tuple[int, str]:
        return self.answer.status, json.loads(self.answer.read())["error"]

    def go_away(self) -> None:
        self.answer.close()
        self.connection.close()


Ask = Callable[..., Asked]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    number = free_port()
    server = uvicorn.Server(uvicorn.Config(explorer_application(), port=number, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.01)
    yield number
    server.should_exit = True
    thread.join()


@pytest.fixture
def ask(port: int) -> Iterator[Ask]:
    asked: list[Asked] = []

    def post(path: str, wish: Any, content_type: str | None = "application/json") -> Asked:
        body = wish if isinstance(wish, bytes) else json.dumps(wish).encode()
        asked.append(made := Asked(port, path, body, content_type))
        return made

    yield post
    for one in asked:
        one.go_away()


def test_a_geodesic_comes_with_its_progress_and_goes_through_the_stops(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = threading.Event()

    def watched(model: Any, stops: Any, **listeners: Any) -> Any:
        listeners["progress"](Progress("geodesic", 50, 200))
        assert seen.wait(LIMIT)
        return geodesic(model, stops, **listeners)

    monkeypatch.setattr(geodesics_module, "geodesic", watched)
    asked = ask(f"{MODEL}/geodesic", {"stops": STOPS}, "application/json; charset=utf-8")
    assert asked.answer.status == 200
    assert asked.answer.headers["content-type"].startswith("application/x-ndjson")
    assert asked.answer.headers["cache-control"] == "no-store"
    while (step := asked.line()["step"])["stage"] != "geodesic":
        pass
    assert (step["done"], step["total"]) == (50, 200)
    seen.set()
    result = asked.last_line()["result"]

    points, each = np.array(result["points"], dtype=np.float32), result["points_per_segment"]
    assert points.shape == (2 * each + 1, 2)
    assert np.array_equal(points[::each], np.array(STOPS, dtype=np.float32))
    line = [np.linspace(a, b, each, endpoint=False) for a, b in itertools.pairwise(STOPS)]
    assert result["length"] == pytest.approx(chords(points), rel=1e-3)
    assert result["line_length"] == pytest.approx(chords(np.concatenate([*line, points[-1:]])), rel=1e-3)
    assert result["length"] <= result["line_length"]


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
        ("geodesic", {"stops": [[0, 0], [float("nan"), 0]]}, "stops.1.0"),
        ("geodesic", {"stops": [[0, 0]]}, "stops"),
        ("geodesic", {"stops": [[0, 0]] * 7}, "stops"),
        ("geodesic", b"{", "the request"),
        ("film", FILM | {"latents": LATENTS[:1]}, "latents"),
        ("film", FILM | {"format": "../../etc"}, "format"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_by_the_name_of_its_field(ask: Ask, what: str, wish: Any, field: str) -> None:
    status, error = ask(f"{MODEL}/{what}", wish).refusal()
    assert (status, error.split(": ")[0]) == (422, field)


@pytest.mark.parametrize("what", ["geodesic", "film"])
def test_only_json_of_a_bearable_size_for_a_known_model_is_taken(ask: Ask, what: str) -> None:
    wish = {"stops": STOPS} if what == "geodesic" else FILM
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None):
        assert ask(f"{MODEL}/{what}", wish, content_type).refusal()[0] == 415
    status, error = ask(f"{MODEL}/{what}", b" " * (1 << 20) + json.dumps(wish).encode()).refusal()
    assert (status, "bytes" in error) == (413, True)
    for name in ("absent", "%2e%2e", "..%2F..%2Fetc"):
        assert ask(f"{name}/{what}", wish).refusal()[0] == 404


@pytest.mark.parametrize("rows", [[[0, 0, 0]] * 2, [[0, 0], [0]], [[], []]])
def test_latents_of_another_model_are_named_as_such(ask: Ask, rows: list[list[float]]) -> None:
    for what, wish in (("geodesic", {"stops": rows}), ("film", FILM | {"latents": rows})):
        assert "has 2 latent dimensions" in ask(f"{MODEL}/{what}", wish).last_line()["error"]


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


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Makes geodesics and films take for ever; set once one has been told to stop."""
    told, over = threading.Event(), threading.Event()

    def endless(*_: Any, progress: Any, should_stop: Callable[[], bool]) -> Any:
        progress(Progress("endless", 1, 2))
        while not should_stop():
            if over.wait(0.01):
                return None
        told.set()
        raise film_module.FilmCancelledError

    monkeypatch.setattr(geodesics_module, "geodesic", endless)
    monkeypatch.setattr(film_module, "film_bytes", endless)
    yield told
    over.set()


@pytest.mark.parametrize(("what", "wish"), [("geodesic", {"stops": STOPS}), ("film", FILM)])
def test_who_goes_away_stops_the_work(
    ask: Ask, heard: threading.Event, monkeypatch: pytest.MonkeyPatch, what: str, wish: Any
) -> None:
    working = ask(f"{MODEL}/{what}", wish)
    while working.line()["step"]["stage"] != "endless":
        pass
    waiting = ask(f"{MODEL}/{what}", wish)
    assert "Waiting" in waiting.line()["step"]["stage"]  # one at a time
    waiting.go_away()
    working.go_away()
    assert heard.wait(LIMIT), "the work goes on for nobody"
    monkeypatch.undo()
    assert "result" in ask(f"{MODEL}/{what}", wish).last_line()  # and the next one has its turn


def test_nobody_is_told_of_an_error_when_somebody_goes_away(
    ask: Ask, heard: threading.Event, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    working = ask(f"{MODEL}/film", FILM)
    while working.line()["step"]["stage"] != "endless":
        pass
    working.go_away()
    assert heard.wait(LIMIT)
    monkeypatch.undo()
    assert "result" in ask(f"{MODEL}/film", FILM).last_line()  # by now the one before is over
    gc.collect()
    assert caplog.messages == []

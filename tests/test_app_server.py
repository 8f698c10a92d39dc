"""The server as `streamlit run app.py` starts it: prompt answers, early links, JSON for a missing file."""

import asyncio
import http.client
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse

from harness.server import Server
from serving import preload
from serving.preload import preload_links
from serving.sockets import without_nagle
from tests.serving_app import serving

AddCheckpoint = Callable[..., Path]
DELAYED_ACK = 0.040  # seconds that Linux waits, at least, before it acknowledges a lone packet


def test_listening_sockets_stop_delaying_and_stay_open() -> None:
    async def scenario() -> tuple[int, int]:
        async with without_nagle(None):
            with socket.create_connection(listener.getsockname()):
                accepted, _ = listener.accept()
                with accepted:
                    return (
                        listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY),
                        accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY),
                    )

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0
        assert all(asyncio.run(scenario()))


def test_answers_do_not_wait_for_acknowledgements(app_server: Server) -> None:
    connection = http.client.HTTPConnection(app_server.url.removeprefix("http://"), timeout=10)
    seconds = []
    for _ in range(30):
        started = time.perf_counter()
        connection.request("GET", "/_stcore/health")
        connection.getresponse().read()
        seconds.append(time.perf_counter() - started)
    connection.close()
    # The first answers of a connection are acknowledged at once in any case.
    assert min(seconds[10:]) < DELAYED_ACK / 2


def answered(server: Server, path: str) -> http.client.HTTPResponse:
    """The head of an answer, as it is: no redirection is followed."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    connection.close()
    return answer


def test_a_missing_file_is_json_and_any_other_path_is_a_page(app_server: Server) -> None:
    paths = ("/explorer/assets/none.js", "/explorer/models/none/manifest.json", "/anything")
    answers = [answered(app_server, path) for path in paths]
    types = [(answer.status, answer.headers.get_content_type()) for answer in answers]
    assert types == [(404, "application/json"), (404, "application/json"), (200, "text/html")]


def test_explore_is_found_by_its_name_as_the_other_pages_are(app_server: Server) -> None:
    paths = ("/explore", "/explore?model=digits-2d&view=a%20b", "/explorer")
    answers = [answered(app_server, path) for path in paths]
    assert [(answer.status, answer.headers.get("location")) for answer in answers] == [
        (307, "./"),
        (307, "./?model=digits-2d&view=a%20b"),
        (200, None),
    ]


@pytest.mark.usefixtures("dist")
def test_the_page_announces_the_files_of_the_model_it_opens(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("one")
    add_checkpoint("two")
    opened, linked, unknown = (" ".join(preload_links(name)) for name in (None, "two", "gone"))
    assert "explorer/models/one/decoder." in opened
    assert "explorer/models/two/decoder." in linked
    assert "explorer/models/one/" not in linked
    assert unknown == opened
    assert "<explorer/assets/component.0123456789ab.js>; rel=modulepreload" in opened
    assert ".wasm" not in opened, "few models need it"


@pytest.mark.usefixtures("dist")
def test_each_page_announces_what_its_first_images_wait_for_and_no_more(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("one")
    announced = {}
    with serving(preload.PreloadLinks(PlainTextResponse("the page"), base="/latent")) as port:
        for page in ("/latent/", "/latent/interpolate", "/latent/train", "/interpolate"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", f"{page}?model=one")
            links = connection.getresponse().headers["link"] or ""
            announced[page] = re.findall(r"models/one/(\w+)\.", links)
            connection.close()
    assert announced == {
        "/latent/": ["manifest", "decoder"],
        "/latent/interpolate": ["manifest", "decoder", "points", "latents", "labels"],
        "/latent/train": [],
        "/interpolate": [],
    }


@pytest.mark.usefixtures("checkpoints")
def test_the_page_comes_though_its_head_start_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_requested: str | None) -> list[str]:
        raise RuntimeError("nobody has thought of this")

    monkeypatch.setattr(preload, "preload_links", fail)
    with serving(preload.PreloadLinks(PlainTextResponse("the page"))) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert (answer.status, answer.read(), answer.headers["link"]) == (200, b"the page", None)
        connection.close()
    assert "nobody has thought of this" in caplog.text


@pytest.mark.usefixtures("checkpoints", "dist")
def test_nothing_is_announced_without_a_model() -> None:
    assert preload_links(None) == []


@pytest.mark.usefixtures("no_dist")
def test_nothing_is_announced_before_the_browser_half_is_built(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("one")
    assert preload_links(None) == []

"""`--read-only`: a server for everybody, on which models are explored and nothing is trained, uploaded or removed."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from harness.server import ROOT, Server, running_server
from serving.public_demo import EACH, TOGETHER, Quota, SpentError, read_only
from serving.routes import explorer_application
from tests.run_folders import add_run
from tests.serving_app import serving
from tests.visits import Visit
from vae_core.errors import ConfigError

FILM = {"latents": [[0, 0], [1, 1]], "format": "gif", "side": 8, "frames_per_second": 8, "repeat": "once"}


@pytest.fixture(scope="module")
def demo() -> Iterator[Server]:
    with running_server(arguments=("--", "--read-only")) as server:
        yield server


def ask(
    port: int, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def port_of(server: Server) -> int:
    return int(server.url.rpartition(":")[2])


def pages_of(visit: Visit) -> list[str]:
    (*_, navigation) = (told.navigation for told in visit.told if told.HasField("navigation"))
    return [page.page_name for page in navigation.app_pages if not page.is_hidden]


def alerts_of(visit: Visit) -> list[str]:
    elements = (told.delta.new_element for told in visit.told if told.HasField("delta"))
    return [element.alert.body for element in elements if element.HasField("alert")]


def test_there_is_no_page_for_training(demo: Server) -> None:
    visit = Visit(demo)
    assert pages_of(visit) == ["Explore", "Interpolate", "Models", "Learn"]
    assert alerts_of(visit) == []
    visit.close()


def test_the_address_of_the_train_page_leads_to_explore_with_a_word(demo: Server) -> None:
    visit = Visit(demo, page="train")
    text = " ".join(str(told) for told in visit.told)
    assert ["not trained" in alert for alert in alerts_of(visit)] == [True]
    assert "explorer/models/" in text
    assert "Start training" not in text
    visit.close()


@pytest.mark.usefixtures("dist")
def test_an_address_asks_in_vain_for_a_run(
    checkpoints: Path, add_checkpoint: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_checkpoint("one")
    add_run(checkpoints, "running", "paused")
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=30)
    app.query_params["model"] = "running"
    assert "not trained to its end (it is paused)" in app.run().warning[0].value
    monkeypatch.setenv("LATENT_EXPLORER_READ_ONLY", "1")
    demo = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=30)
    demo.query_params["model"] = "running"
    assert "There is no checkpoint of this name" in demo.run().warning[0].value
    assert not demo.get("page_link")


@pytest.mark.usefixtures("checkpoints", "dist")
def test_a_demo_without_a_model_asks_nobody_to_train_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENT_EXPLORER_READ_ONLY", "1")
    demo = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=30).run()
    assert not demo.exception
    assert demo.title[0].value == "No model to explore yet"
    assert "others have trained" in demo.markdown[0].value
    assert not [*demo.get("page_link"), *demo.code]


def test_the_server_tells_nothing_of_runs_and_takes_no_files(demo: Server) -> None:
    visit = Visit(demo)
    port = port_of(demo)
    for path in ("now", "mine/learned", "mine/picture"):
        status, headers, _ = ask(port, "GET", f"/explorer/runs/{path}")
        assert (status, headers.get_content_type()) == (404, "application/json")
    for method in ("PUT", "POST", "DELETE"):
        status, _, words = ask(port, method, f"/_stcore/upload_file/{visit.session}/{'0' * 32}", b"x" * 1000)
        assert (status, words) == (403, b"This demo takes no files.\n")
    assert ask(port, "GET", "/explorer/models/digits-2d/manifest.json")[0] == 200
    visit.close()


def test_otherwise_there_is_all_of_it(app_server: Server) -> None:
    visit = Visit(app_server)
    assert pages_of(visit) == ["Explore", "Interpolate", "Train", "Models", "Learn"]
    assert ask(port_of(app_server), "GET", "/explorer/runs/now")[0] == 200
    _, _, words = ask(port_of(app_server), "PUT", f"/_stcore/upload_file/{visit.session}/x", b"x")
    assert b"This demo" not in words
    visit.close()


def test_each_visitor_has_a_share_of_films_and_is_told_when_it_is_spent() -> None:
    kind = {"Content-Type": "application/json"}
    with serving(explorer_application(public=True)) as port:
        wrong = json.dumps(FILM | {"side": 1})
        for _ in range(EACH + 1):
            assert ask(port, "POST", "/explorer/models/digits-2d/film", wrong, kind)[0] == 422, (
                "what fails costs nothing"
            )
        answers = [
            ask(port, "POST", "/explorer/models/digits-2d/film", json.dumps(FILM), kind) for _ in range(EACH + 1)
        ]
    assert [status for status, _, _ in answers] == [200] * EACH + [429]
    assert b'"result"' in answers[0][2]
    _, headers, content = answers[-1]
    assert 0 < int(headers["retry-after"]) <= 60
    assert json.loads(content)["error"] == f"This demo makes {EACH} paths and films a minute for each visitor."


def test_shares_come_back_and_all_visitors_have_one_together() -> None:
    now = 0.0
    quota = Quota(each=2, together=3, clock=lambda: now)
    quota.take("a")
    now = 10.5
    quota.take("a")
    with pytest.raises(SpentError, match="for each") as spent:
        quota.take("a")
    assert spent.value.seconds == 50
    quota.take("b")
    with pytest.raises(SpentError, match="for all") as spent:
        quota.take("c")
    assert spent.value.seconds == 50
    now = 60.0
    quota.take("a")
    with pytest.raises(SpentError, match="for each"):
        quota.take("a")
    assert TOGETHER >= EACH


@pytest.mark.parametrize(
    ("value", "asked"), [(None, False), ("", False), ("0", False), ("No", False), ("1", True), (" TRUE ", True)]
)
def test_the_environment_asks_for_it(value: str | None, asked: bool) -> None:
    assert read_only({} if value is None else {"LATENT_EXPLORER_READ_ONLY": value}) is asked


def test_an_answer_that_is_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(ConfigError, match="'maybe' is neither yes nor no"):
        read_only({"LATENT_EXPLORER_READ_ONLY": "maybe"})


@pytest.mark.parametrize("argument", ["--readonly", "--read_only", "read-only"])
def test_a_slip_of_the_pen_opens_no_demo_for_training(argument: str) -> None:
    start = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0", "--", argument]
    ended = subprocess.run(start, cwd=ROOT, env={**os.environ}, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 2
    assert f"unrecognized arguments: {argument}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_make_run_passes_it_on() -> None:
    dry = ["make", "--dry-run", "--old-file", "explorer/dist/assets.json", "run"]
    for given, expected in (["READ_ONLY=1"], True), ([], False):
        told = subprocess.run([*dry, *given], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert ("-- --read-only" in told) is expected

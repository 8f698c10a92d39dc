"""Who gets in: the names and the origins that a real server takes, for pages, routes and sockets alike."""

import base64
import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from harness.server import ROOT, Server, running_server
from serving.gate import allowed_hosts
from vae_core.errors import ConfigError

MANIFEST = "/explorer/models/digits-2d/manifest.json"
SOCKET = "/_stcore/stream"
PATHS = ("/", "/train", "/_stcore/health", MANIFEST, "/explorer/runs/now", SOCKET)


def port_of(server: Server) -> int:
    return int(server.url.rpartition(":")[2])


def ask(
    server: Server, path: str, host: str | None, origin: str | None = None, method: str = "GET"
) -> tuple[int, str, str]:
    """Status, content type and text of the answer to a request with just these headers; `PORT` is the server's own.

    A socket is asked for with a handshake.
    """
    headers = {"Host": host, "Origin": origin}
    if path == SOCKET:
        key = base64.b64encode(os.urandom(16)).decode()
        headers |= {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Protocol": "streamlit",
        }
    connection = http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=30)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        if value is not None:
            connection.putheader(name, value.replace("PORT", str(port_of(server))))
    connection.endheaders()
    answer = connection.getresponse()
    text = "" if answer.status == 101 else answer.read().decode()
    kind = answer.headers.get_content_type()
    connection.close()
    return answer.status, kind, text


def taken(path: str) -> int:
    return 101 if path == SOCKET else 200


@pytest.fixture(scope="module")
def public() -> Iterator[Server]:
    """A server on all addresses of the machine that was told by which names it is called."""
    names = {"LATENT_EXPLORER_HOSTS": "gpu-box, .example.org"}
    with running_server(arguments=("--server.address", "0.0.0.0"), environment=names) as server:
        yield server


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["localhost:PORT", "127.0.0.1:PORT", "127.0.0.1", "[::1]:PORT", "LOCALHOST:1"])
def test_this_machines_own_names_are_taken_on_any_port(app_server: Server, path: str, host: str) -> None:
    assert ask(app_server, path, host)[0] == taken(path)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:PORT", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.7", "0.0.0.0"],
)
def test_a_foreign_name_is_told_how_it_would_be_taken(app_server: Server, path: str, host: str) -> None:
    """A page that rebinds its name to this machine gets nothing, however it asks."""
    name = host.removesuffix(":PORT")
    for origin in (None, f"http://{host}"):
        status, kind, text = ask(app_server, path, host, origin)
        assert (status, kind) == (400, "text/plain")
        assert f"LATENT_EXPLORER_HOSTS={name} " in text


@pytest.mark.parametrize("host", [None, "", "a b", "evil.example/<script>", "[::1", "user@localhost"])
def test_a_name_that_is_none_is_refused_and_not_repeated(app_server: Server, host: str | None) -> None:
    status, kind, text = ask(app_server, "/", host)
    assert status == 400
    assert kind == "text/plain"
    assert "script" not in text


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://127.0.0.1:PORT", True),
        ("https://127.0.0.1:PORT", True),
        ("http://127.0.0.1:1", False),
        ("http://localhost:PORT", False),
        ("http://127.0.0.1", False),
        ("http://evil.example", False),
        ("http://evil.example:PORT", False),
        ("http://127.0.0.1:PORT.evil.example", False),
        ("http://127.0.0.1:PORT@evil.example", False),
        ("null", False),
        ("", False),
        ("file://", False),
    ],
)
def test_pages_of_other_sites_change_nothing(app_server: Server, origin: str | None, allowed: bool) -> None:
    status = ask(app_server, SOCKET, "127.0.0.1:PORT", origin)[0]
    assert status == (101 if allowed else 403)
    for path in ("/explorer/models/digits-2d/film", "/_stcore/upload_file/a/b"):
        status, _, text = ask(app_server, path, "127.0.0.1:PORT", origin, "POST")
        assert (status != 403, "another site" not in text) == (allowed, allowed)


def test_a_page_behind_a_default_port_is_of_the_same_origin(public: Server) -> None:
    for scheme, host in (("http", "gpu-box:80"), ("https", "gpu-box:443"), ("https", "gpu-box")):
        assert ask(public, SOCKET, host, f"{scheme}://gpu-box")[0] == 101


@pytest.mark.parametrize("path", PATHS)
def test_names_that_were_given_are_taken(public: Server, path: str) -> None:
    for host in ("gpu-box:PORT", "GPU-Box", "a.b.example.org", "example.org:1", "localhost:PORT"):
        assert ask(public, path, host)[0] == taken(path)
    for host in ("gpu-box.evil.example", "example.org.evil", "badexample.org"):
        status, _, text = ask(public, path, host)
        assert (status, "LATENT_EXPLORER_HOSTS" in text) == (400, True)


def test_a_proxy_may_call_the_server_by_another_name_than_the_browser_does(public: Server) -> None:
    assert ask(public, SOCKET, "127.0.0.1:PORT", "https://demo.example.org")[0] == 101
    for _ in range(2):
        assert ask(public, SOCKET, "127.0.0.1:PORT", "https://demo.example.com")[0] == 403
    told = "A page of demo.example.com was refused. If it is yours, start with LATENT_EXPLORER_HOSTS=demo.example.com."
    assert public.said().count(told) == 1, "nobody sees what a socket is answered"


def test_the_address_that_a_connection_came_to_is_a_name(public: Server) -> None:
    """No other site can have it: `http://192.168.1.5:8501` needs no setting once a person listens there."""
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    probe.connect(("192.0.2.1", 9))  # sends nothing; only asks by which address one would leave
    own = probe.getsockname()[0]
    probe.close()
    connection = http.client.HTTPConnection(own, port_of(public), timeout=30)
    connection.request("GET", "/_stcore/health")
    assert connection.getresponse().status == 200
    connection.close()
    assert ask(public, "/_stcore/health", "198.51.100.7")[0] == 400


@pytest.mark.parametrize(
    ("named", "patterns"),
    [
        ("", []),
        ("*", ["*"]),
        (" GPU-box ,,lab.example.org:8501", ["gpu-box", "lab.example.org"]),
        (".example.org", ["example.org", "*.example.org"]),
        ("*.example.org", ["example.org", "*.example.org"]),
        ("https://demo.example.org/", ["demo.example.org"]),
        ("fd00::1,[fd00::2]", ["[fd00::1]", "[fd00::2]"]),
    ],
)
def test_names_are_read_as_people_write_them(named: str, patterns: list[str]) -> None:
    assert allowed_hosts(named, "0.0.0.0", None, "::") == ["localhost", "127.0.0.1", "[::1]", *patterns]
    assert "192.0.2.4" in allowed_hosts(named, "192.0.2.4")


@pytest.mark.parametrize("named", ["gpu box", "a/b", "exa*mple.org", "gpu-box;other", "é"])
def test_a_name_that_cannot_be_is_named(named: str) -> None:
    with pytest.raises(ConfigError, match="LATENT_EXPLORER_HOSTS"):
        allowed_hosts(named)


def test_the_server_does_not_start_with_a_name_that_cannot_be() -> None:
    start = [sys.executable, "-c", "import app"]
    environment = {**os.environ, "LATENT_EXPLORER_HOSTS": "gpu box"}
    ended = subprocess.run(start, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    assert "'gpu box' is not the name of a host" in ended.stderr
    assert "Traceback" not in ended.stderr

"""Many visits, few open files and slow senders: the server goes on answering, and gives back what it took."""

import json
import os
import resource
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.server import Server, running_server
from tests.visits import LIMIT, Visit, open_files, until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts open files in /proc")

FEW = 256  # open files, as macOS allows by itself
VISITS = 110  # of which a server that keeps three files for each closed one would lose the last ones
KEPT_FOR = 3  # seconds


@pytest.fixture(scope="module")
def small() -> Iterator[Server]:
    """A server with few files, soon given back, and with no way to more."""
    kept = ("--server.disconnectedSessionTTL", str(KEPT_FOR))
    with running_server(descriptors=(FEW, FEW), arguments=kept) as server:
        yield server


def limit_of(server: Server) -> int:
    return resource.prlimit(server.process_id, resource.RLIMIT_NOFILE)[0]


def healthy(server: Server) -> bool:
    try:
        with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_a_start_takes_as_many_files_as_it_may() -> None:
    with running_server(descriptors=(FEW, 3000)) as server:
        assert limit_of(server) == 3000


def test_closed_visits_give_back_their_files_without_another_one(small: Server) -> None:
    assert limit_of(small) == FEW
    Visit(small).close()
    before = open_files(small)
    for _ in range(VISITS):
        Visit(small).close()
    assert until(lambda: open_files(small) <= before + 20, KEPT_FOR + 20), open_files(small) - before
    assert "Traceback" not in small.said()


def test_a_visit_that_comes_back_late_finds_another_session(small: Server) -> None:
    first = Visit(small)
    first.close()

    def forgotten() -> bool:
        time.sleep(KEPT_FOR + 1)  # away for longer than sessions are kept; each return makes its session young again
        late = Visit(small, first.session)
        late.close()
        return late.session != first.session

    assert until(forgotten)


@pytest.fixture(scope="module")
def impatient() -> Iterator[Server]:
    """A server with few files that waits for one second only."""
    with running_server(descriptors=(FEW, FEW), environment={"LATENT_EXPLORER_PATIENCE": "1"}) as server:
        yield server


def test_a_visit_that_comes_back_in_time_finds_its_session(impatient: Server) -> None:
    """As after a short loss of the network: what was chosen on the page stands."""
    first = Visit(impatient)
    first.close()
    again = Visit(impatient, first.session)
    again.close()
    assert again.session == first.session


def half_sent(server: Server, path: str = "/explorer/models/digits-2d/film") -> socket.socket:
    """A request whose body stops after its first bytes."""
    sender = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=LIMIT)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"
    sender.sendall(head.encode() + b'{"latents"')
    return sender


def test_a_body_that_does_not_arrive_ends_with_408(impatient: Server) -> None:
    with half_sent(impatient) as sender, sender.makefile("rb") as answers:
        content = answers.read()  # to the end of the connection
    head, _, body = content.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert json.loads(body)["error"] == "the request's body did not arrive within 1 seconds"


def test_a_body_in_drops_ends_as_well(impatient: Server) -> None:
    """So does one that nobody wants to read: its request is answered, and its connection closed."""
    for path, status in (("/explorer/models/digits-2d/film", b"408"), ("/explorer/models/absent/film", b"404")):
        with half_sent(impatient, path) as sender:
            sender.setblocking(False)
            answer = b""

            def over(sender: socket.socket = sender) -> bool:
                nonlocal answer
                try:
                    sender.send(b" ")
                    answer += sender.recv(65536)
                except BlockingIOError:
                    return False
                except OSError:
                    return True
                return False

            assert until(over)
        assert answer.startswith(b"HTTP/1.1 " + status)


def test_a_client_that_goes_away_in_mid_body_leaves_no_word(impatient: Server) -> None:
    before = impatient.said()
    for _ in range(3):
        half_sent(impatient).close()
    with half_sent(impatient) as last:
        assert last.recv(12) == b"HTTP/1.1 408"
    assert impatient.said() == before


@pytest.mark.parametrize("body", [b"", b"POST /explorer/models/digits-2d/film HTTP/1.1\r\nHost: localhost\r\nX-", None])
def test_more_slow_senders_than_files_stop_the_server_for_a_moment_only(impatient: Server, body: bytes | None) -> None:
    """Connections without a request, with half a head and with half a body, which no route of ours may hear of."""
    address, told = ("127.0.0.1", int(impatient.url.rpartition(":")[2])), impatient.said()
    senders = []
    for _ in range(FEW + 44):
        if body is None:
            senders.append(half_sent(impatient))
        else:
            senders.append(socket.create_connection(address, timeout=LIMIT))
            senders[-1].sendall(body)
    assert until(lambda: healthy(impatient)), "the senders are still waited for"
    for sender in senders:
        sender.close()
    assert until(lambda: healthy(impatient))
    assert len(impatient.said().removeprefix(told).splitlines()) < 3, "the log is flooded"


def test_a_server_that_ends_without_a_file_left_floods_no_log() -> None:
    with running_server(descriptors=(FEW, FEW)) as server:
        told = server.said()
        senders = [half_sent(server) for _ in range(FEW + 44)]
        assert until(lambda: "No more connections" in server.said())
        for sender in senders:
            sender.close()
        os.kill(server.process_id, signal.SIGTERM)
        stat = Path(f"/proc/{server.process_id}/stat")
        assert until(lambda: stat.read_text().split()[2] == "Z"), "the server has not ended"
        assert len(server.said().removeprefix(told).splitlines()) < 4

"""Many visits, few open files and slow senders: the server goes on answering, and gives back what it took."""

import resource
import socket
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from harness.server import Server, running_server
from tests.visits import Visit, open_files, until

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


def test_a_visit_that_comes_back_in_time_finds_its_session(small: Server) -> None:
    """As after a short loss of the network: what was chosen on the page stands. Later it is another one."""
    first = Visit(small)
    first.close()
    again = Visit(small, first.session)
    again.close()
    assert again.session == first.session
    files = open_files(small)
    assert until(lambda: open_files(small) < files)
    late = Visit(small, first.session)
    late.close()
    assert late.session != first.session


@pytest.mark.parametrize("sent", ["POST /explorer/models/digits-2d/film HTTP/1.1\r\nHost: localhost\r\nX-", ""])
def test_connections_without_a_request_are_closed_and_told_of_once(sent: str) -> None:
    """More of them than there are files: nobody gets in until they are gone."""
    with running_server(descriptors=(FEW, FEW), environment={"LATENT_EXPLORER_PATIENCE": "1"}) as server:
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        senders = [socket.create_connection(address, timeout=30) for _ in range(FEW + 44)]
        for sender in senders:
            sender.sendall(sent.encode())
        assert until(lambda: open_files(server) >= FEW - 2)
        assert until(lambda: healthy(server)), "the senders are still waited for"
        complaints = server.said()
        for sender in senders:
            sender.close()
    assert complaints.count("No more connections can be taken") == 1
    assert complaints.count("\n") < 60

"""One file from a server on this machine: what is asked for again, what is kept, and what is said when it fails."""

import errno
import hashlib
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.message import Message
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from pathlib import Path
from shutil import disk_usage
from urllib.error import HTTPError, URLError

import pytest

from harness.file_server import MODIFIED, FileServer, file_server
from vae_core.data.named.fetching import RemoteFile, fetch
from vae_core.data.named.part_files import DownloadError, NetworkError, Origin, PartFile, network_error

ROOT = Path(__file__).resolve().parents[1]
SIZE = 300_007
CONTENT = hashlib.shake_128(b"one").digest(SIZE)
OTHER = hashlib.shake_128(b"two").digest(SIZE)
NAME = "images.gz"


class Stop(BaseException):
    """What a page raises when its person looks elsewhere."""


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as files:
        files.files[NAME] = CONTENT
        yield files


def remote(*servers: FileServer | str, content: bytes = CONTENT) -> RemoteFile:
    urls = [server if isinstance(server, str) else server.url for server in servers]
    return RemoteFile(Path("raw", NAME), tuple(f"{url}{NAME}" for url in urls), hashlib.md5(content).hexdigest())


def stop_at(size: int) -> Callable[[int], None]:
    def hear(now: int) -> None:
        if now >= size:
            raise Stop

    return hear


def ignore(_size: int) -> None:
    """A listener."""


def part_of(folder: Path) -> bytes:
    return (folder / "raw" / f"{NAME}.part").read_bytes()


def assert_whole(folder: Path, content: bytes = CONTENT) -> None:
    assert (folder / "raw" / NAME).read_bytes() == content
    assert [path.name for path in (folder / "raw").iterdir()] == [NAME]


def fetch_a_part(server: FileServer, folder: Path, size: int) -> None:
    """The first `size` bytes have come when the person stops."""
    server.holds.append(size)
    with pytest.raises(Stop):
        fetch(remote(server), folder, stop_at(size))
    server.served.clear()


def test_a_file_comes_whole_is_told_of_and_asked_for_once(server: FileServer, tmp_path: Path) -> None:
    heard: list[int] = []
    fetch(remote(server), tmp_path, heard.append)
    assert_whole(tmp_path)
    assert heard == sorted(heard)
    assert heard[-1] == SIZE
    fetch(remote(server), tmp_path, ignore)
    assert server.bytes_sent == [SIZE]


def test_a_stop_is_heard_while_the_server_is_silent_and_the_next_call_asks_for_the_rest_only(
    server: FileServer, tmp_path: Path
) -> None:
    server.holds.append(200_000)
    with pytest.raises(Stop):
        fetch(remote(server), tmp_path, stop_at(200_000), timeout=600)
    assert part_of(tmp_path) == CONTENT[:200_000]
    assert not (tmp_path / "raw" / NAME).exists()
    fetch(remote(server), tmp_path, ignore)
    assert_whole(tmp_path)
    assert server.ranges_asked == [None, "bytes=200000-"]
    assert server.bytes_sent == [200_000, SIZE - 200_000]
    assert server.served[1].if_range == f'"{hashlib.sha256(CONTENT).hexdigest()[:16]}"'


def test_a_stop_is_heard_before_the_server_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        with pytest.raises(Stop):
            fetch(remote(f"http://127.0.0.1:{silent.getsockname()[1]}/"), tmp_path, stop_at(0), timeout=600)
        assert time.monotonic() - begun < 60


def test_a_connection_that_ends_early_is_made_again_for_the_rest(server: FileServer, tmp_path: Path) -> None:
    server.cuts.extend([100_000, 50_000])
    fetch(remote(server), tmp_path, ignore)
    assert_whole(tmp_path)
    assert server.ranges_asked == [None, "bytes=100000-", "bytes=150000-"]
    assert server.bytes_sent == [100_000, 50_000, SIZE - 150_000]


def test_a_server_that_brings_nothing_more_is_left_and_what_came_is_kept(server: FileServer, tmp_path: Path) -> None:
    server.cuts.extend([100_000, 0])
    with pytest.raises(NetworkError, match=r"127\.0\.0\.1 broke the connection off"):
        fetch(remote(server), tmp_path, ignore)
    assert len(server.served) == 2
    assert part_of(tmp_path) == CONTENT[:100_000]


def test_a_silent_server_is_left_after_a_while_and_what_came_is_kept(server: FileServer, tmp_path: Path) -> None:
    server.holds.extend([150_000, 0])
    with pytest.raises(NetworkError, match=r"127\.0\.0\.1 was silent for 1\.5 seconds\. Check the connection"):
        fetch(remote(server), tmp_path, ignore, timeout=1.5)
    assert part_of(tmp_path) == CONTENT[:150_000]
    assert len(server.served) == 2


def test_a_server_that_fell_silent_is_asked_again(server: FileServer, tmp_path: Path) -> None:
    server.holds.append(150_000)
    fetch(remote(server), tmp_path, ignore, timeout=1.5)
    assert_whole(tmp_path)
    assert server.bytes_sent == [150_000, SIZE - 150_000]


def test_a_server_that_knows_no_ranges_sends_it_all_again(server: FileServer, tmp_path: Path) -> None:
    server.ranges = False
    fetch_a_part(server, tmp_path, 200_000)
    fetch(remote(server), tmp_path, ignore)
    assert_whole(tmp_path)
    assert server.bytes_sent == [SIZE]


def test_a_server_that_knows_no_ranges_and_always_ends_early_is_not_asked_for_ever(
    server: FileServer, tmp_path: Path
) -> None:
    server.ranges = False
    server.cuts.extend([100_000] * 50)
    with pytest.raises(NetworkError, match="broke the connection off"):
        fetch(remote(server), tmp_path, ignore)
    assert len(server.served) == 2


@pytest.mark.parametrize("validators", [True, False])
@pytest.mark.parametrize("size", [SIZE, SIZE + 1000, 150_000, 250_000])
def test_a_file_that_has_changed_meanwhile_comes_anew(
    server: FileServer, tmp_path: Path, size: int, validators: bool
) -> None:
    """With a validator it is the server that says so; else another size does, or the checksum of the whole."""
    server.validators = validators
    fetch_a_part(server, tmp_path, 200_000)
    server.files[NAME] = changed = (OTHER * 2)[:size]
    fetch(remote(server, content=changed), tmp_path, ignore)
    assert_whole(tmp_path, changed)
    assert server.served[-1].range is None or validators
    assert server.bytes_sent[-1] == size
    assert len(server.served) == (1 if validators else 2)


def test_a_weak_tag_is_no_promise_but_the_date_is(server: FileServer, tmp_path: Path) -> None:
    server.weak = True
    fetch_a_part(server, tmp_path, 200_000)
    fetch(remote(server), tmp_path, ignore)
    assert_whole(tmp_path)
    assert [(one.if_range, one.sent) for one in server.served] == [(MODIFIED, SIZE - 200_000)]


def test_without_a_length_the_checksum_tells_that_it_is_whole(server: FileServer, tmp_path: Path) -> None:
    server.lengths = False
    fetch_a_part(server, tmp_path, 200_000)
    fetch(remote(server), tmp_path, ignore)
    assert_whole(tmp_path)
    assert server.bytes_sent == [SIZE - 200_000]


def test_a_wrong_file_is_removed_told_of_and_not_asked_for_twice(server: FileServer, tmp_path: Path) -> None:
    server.files[NAME] = OTHER
    with pytest.raises(NetworkError, match=r"images\.gz from 127\.0\.0\.1 has not the checksum that it should have"):
        fetch(remote(server), tmp_path, ignore)
    assert list((tmp_path / "raw").iterdir()) == []
    assert server.bytes_sent == [SIZE]


def test_a_wrong_file_in_the_place_is_replaced(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / NAME).write_bytes(OTHER)
    fetch(remote(server), tmp_path, ignore)
    assert_whole(tmp_path)


def test_the_next_address_goes_on_where_the_first_ended(server: FileServer, tmp_path: Path) -> None:
    with file_server() as second:
        second.files[NAME] = CONTENT
        server.cuts.extend([100_000, 0])
        fetch(remote("http://127.0.0.1:1/", server, second), tmp_path, ignore)
        assert_whole(tmp_path)
        assert second.ranges_asked == ["bytes=100000-"]
        assert second.served[0].if_range is None, "one server's ETag says nothing to another"


def test_an_address_with_a_wrong_file_does_no_harm(server: FileServer, tmp_path: Path) -> None:
    with file_server() as wrong:
        wrong.files[NAME] = OTHER
        fetch(remote(wrong, server), tmp_path, ignore)
    assert_whole(tmp_path)


def test_of_several_addresses_each_fault_is_told(server: FileServer, tmp_path: Path) -> None:
    server.statuses[NAME] = 404
    with pytest.raises(NetworkError) as caught:
        fetch(remote(server, "http://127.0.0.1:1/"), tmp_path, ignore)
    assert caught.value.reason == (
        "127.0.0.1 has images.gz no longer (its answer is 404); 127.0.0.1 cannot be reached (Connection refused)"
    )


def test_a_redirection_keeps_what_was_asked_for(server: FileServer, tmp_path: Path) -> None:
    server.files["moved"] = server.files.pop(NAME)
    server.redirections[NAME] = f"{server.url}moved"
    fetch_a_part(server, tmp_path, 200_000)
    fetch(remote(server), tmp_path, ignore)
    assert_whole(tmp_path)
    assert [(one.path, one.range) for one in server.served] == [(NAME, "bytes=200000-"), ("moved", "bytes=200000-")]


def test_a_login_page_does_not_take_the_parts_place(server: FileServer, tmp_path: Path) -> None:
    fetch_a_part(server, tmp_path, 200_000)
    server.html, server.ranges = True, False
    with pytest.raises(NetworkError, match=r"a web page came from 127\.0\.0\.1 in place of images\.gz.*login"):
        fetch(remote(server), tmp_path, ignore)
    assert part_of(tmp_path) == CONTENT[:200_000]


@pytest.mark.parametrize("about", [b"", b"[]", b'{"url": 1, "validator": null, "total": null}', None])
def test_a_part_of_unknown_origin_is_not_gone_on_with(server: FileServer, tmp_path: Path, about: bytes | None) -> None:
    fetch_a_part(server, tmp_path, 200_000)
    place = tmp_path / "raw" / f"{NAME}.part.json"
    if about is None:
        place.unlink()
    else:
        place.write_bytes(about)
    fetch(remote(server), tmp_path, ignore)
    assert_whole(tmp_path)
    assert server.ranges_asked == [None]


def test_a_part_that_is_whole_is_only_checked(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(Stop):
        fetch(remote(server), tmp_path, stop_at(SIZE))
    server.served.clear()
    fetch(remote(server), tmp_path, ignore)
    assert_whole(tmp_path)
    assert server.served == []


def test_after_a_kill_the_rest_is_asked_for(server: FileServer, tmp_path: Path) -> None:
    server.holds.append(200_000)
    code = (
        "import sys; from pathlib import Path; from vae_core.data.named.fetching import RemoteFile, fetch; "
        f"fetch(RemoteFile(Path('raw', {NAME!r}), ({server.url + NAME!r},), '{remote(server).md5}'), "
        "Path(sys.argv[1]), lambda size: print(size, flush=True), 600)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 200_000:
                process.send_signal(signal.SIGKILL)
                break
    fetch(remote(server), tmp_path, ignore)
    assert_whole(tmp_path)
    assert server.bytes_sent == [200_000, SIZE - 200_000]


def test_no_room_is_told_before_anything_comes(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = disk_usage(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda _: used._replace(free=100_000))
    with file_server() as second, pytest.raises(DownloadError) as caught:
        fetch(remote(server, second), tmp_path, ignore)
    assert second.served == [], "another address has no more room"
    assert caught.value.reason == f"there is no room on the disk of {tmp_path}/raw (0 MB are needed, 0 MB are free)"
    assert "Free some space, point LATENT_EXPLORER_CACHE" in caught.value.advice


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_disk_that_fills_up_meanwhile_is_told(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = PartFile.start

    def start_on_a_full_disk(part: PartFile, origin: Origin) -> None:
        start(part, origin)
        part.path.symlink_to("/dev/full")

    monkeypatch.setattr(PartFile, "start", start_on_a_full_disk)
    with pytest.raises(DownloadError, match=r"there is no room on the disk of .*/raw\. Free some space"):
        fetch(remote(server), tmp_path, ignore)


def test_a_place_that_cannot_be_written_is_named(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "raw").write_text("a file")
    with pytest.raises(DownloadError, match=r"raw cannot be written \(.*Point LATENT_EXPLORER_CACHE"):
        fetch(remote(server), tmp_path, ignore)


def test_an_error_of_the_listener_is_its_own(server: FileServer, tmp_path: Path) -> None:
    def hear(size: int) -> None:
        if size:
            raise OSError(errno.ENOSPC, "the listener's disk")

    with pytest.raises(OSError, match="the listener's disk"):
        fetch(remote(server), tmp_path, hear)


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


def status(code: int) -> HTTPError:
    return HTTPError("", code, "", Message(), None)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (status(404), "ex.org has a.gz no longer (its answer is 404). Look for a newer version of this app"),
        (status(403), "ex.org refuses to hand out a.gz (its answer is 403). Try another network"),
        (status(503), "ex.org is busy or out of order (its answer is 503). Try again later"),
        (status(418), "ex.org does not hand out a.gz (its answer is 418). Try again later"),
        (URLError(socket.gaierror(-2, "Name or service not known")), "the address of ex.org cannot be found. Connect"),
        (URLError(TimeoutError("timed out")), "ex.org was silent for 30 seconds. Check the connection and try again"),
        (TimeoutError("timed out"), "ex.org was silent for 30 seconds. Check the connection and try again"),
        (
            URLError(untrusted()),
            "ex.org shows a certificate that is not trusted here (self-signed certificate). Check this machine's clock",
        ),
        (
            URLError(OSError(errno.ENETUNREACH, "Network is unreachable")),
            "ex.org cannot be reached (Network is unreachable). Connect to the internet and try again",
        ),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "ex.org broke the connection off (Conn"),
        (IncompleteRead(b"", 5), "ex.org broke the connection off (IncompleteRead"),
        (RemoteDisconnected("Remote end closed"), "ex.org broke the connection off (Remote end closed)"),
        (BadStatusLine("\n"), "ex.org broke the connection off ("),
        (URLError("unknown"), "ex.org broke the connection off (<urlopen error unknown>)"),
    ],
)
def test_every_error_is_a_sentence_with_advice(error: Exception, words: str) -> None:
    said = str(network_error("https://ex.org/data/a.gz?x=1", error, 30.0))
    assert said.startswith(words)
    assert "\n" not in said
    assert said.endswith(".")

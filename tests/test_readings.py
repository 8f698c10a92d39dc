"""Pictures are read for the page by processes of their own: shared, stopped, limited, and gone with the server."""

import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from serving.readings import DIED, Reading, Readings
from serving.side_work import PYTHON_PATH
from tests.picture_archives import encoded, packed, spots
from vae_core.data.look import Request, read_look
from vae_core.data.shelves import Shelf

LIMIT = 120.0  # seconds; a busy machine takes many times what a quiet one does


def wait_until(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A ZIP that takes some seconds to read."""
    random = np.random.default_rng(0)
    pictures = [encoded(random.integers(256, size=(700, 700, 3), dtype=np.uint8)) for _ in range(4)]
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(300):
            archive.writestr(f"{number}.png", pictures[number % 4])
    return path


def process_of(reading: Reading) -> int:
    wait_until(lambda: reading._process is not None, "the process did not start")
    assert reading._process is not None
    return reading._process.pid


def at_work(process: int) -> bool:
    """Whether it is there, and not only because nobody has asked how it ended."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc").is_dir()


def test_what_was_read_is_there_for_whoever_looks(tmp_path: Path) -> None:
    request = Request(packed(tmp_path / "set.zip", spots(f"{number}.png" for number in range(30))))
    reading = Readings().of(request)
    assert reading.wait(LIMIT)
    assert reading.problem is None
    folder = Shelf(request).ready()
    assert folder is not None
    look = read_look(folder)
    assert look is not None
    assert (look.title, look.train, look.test) == ("set", 27, 3)
    assert look.sheet.startswith(b"\x89PNG")


def test_two_who_ask_for_the_same_share_one_process_and_a_stop_leaves_nothing(large: Path) -> None:
    readings, request = Readings(), Request(large)
    reading = readings.of(request)
    assert readings.of(Request(large)) is reading
    wait_until(lambda: reading.progress.stage == "Reading images", "no picture was read")
    wait_until(lambda: reading.seconds_left is not None, "no time was told")
    process = process_of(reading)
    reading.stop()
    assert reading.wait(LIMIT)
    assert (reading.stopped, reading.problem) == (True, None)
    wait_until(lambda: not at_work(process), "the process goes on")
    assert Shelf(request).ready() is None
    again = readings.of(request)
    assert again is not reading
    again.stop()


def test_others_wait_for_their_turn_and_can_be_stopped_before_it(large: Path, tmp_path: Path) -> None:
    readings = Readings(at_once=1)
    first = readings.of(Request(large))
    process_of(first)
    request = Request(packed(tmp_path / "set.zip", spots("abc")))
    second = readings.of(request)
    assert second.progress.stage == "Waiting for others to be read"
    second.stop()
    assert second.done
    assert not first.done
    third = readings.of(request)
    assert third is not second, "whoever asks next has one that is read"
    first.stop()
    assert third.wait(LIMIT)
    assert (third.problem, third.stopped) == (None, False)
    assert second._process is None


def test_what_cannot_be_read_is_said_in_the_words_of_the_data(tmp_path: Path) -> None:
    reading = Readings().of(Request(packed(tmp_path / "prose.zip", {"a.txt": b"once"})))
    assert reading.wait(LIMIT)
    assert reading.problem is not None
    assert reading.problem.startswith("prose.zip has 1 file but no readable image")


def test_a_process_that_ends_in_the_middle_is_told(large: Path) -> None:
    reading = Readings().of(Request(large))
    os.kill(process_of(reading), signal.SIGKILL)
    assert reading.wait(LIMIT)
    assert reading.problem == DIED


def test_a_process_ends_with_whoever_started_it(large: Path) -> None:
    """Its input closes, whatever became of the server."""
    code = "import time; from serving.readings import READINGS; from vae_core.data.look import Request\n"
    code += f"reading = READINGS.of(Request({str(large)!r}))\n"
    code += "while reading._process is None: time.sleep(0.01)\nprint(reading._process.pid, flush=True); time.sleep(600)"
    server = subprocess.Popen([sys.executable, "-c", code], cwd=PYTHON_PATH, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    process = int(server.stdout.readline())
    server.kill()
    server.wait()
    server.stdout.close()
    wait_until(lambda: not at_work(process), "the process goes on")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's own memory")
def test_what_takes_too_much_memory_is_refused_in_words(tmp_path: Path) -> None:
    request = Request(packed(tmp_path / "set.zip", spots(f"{number}.png" for number in range(30))))
    code = "import numpy; from vae_core.data import reader; reader.MOST_MEMORY = 1 << 29; "
    code += "reader.look_at = lambda *_: numpy.ones(1 << 28); reader.main()"
    command = [sys.executable, "-c", code]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=PYTHON_PATH, **pipes) as process:  # type: ignore[call-overload]
        process.stdin.write(f'{{"source": "{request.path}"}}\n')
        process.stdin.flush()
        assert "takes more than 0.5 GiB of memory" in process.stdout.readline()

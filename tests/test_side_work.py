"""Work by a process of its own: what it tells, and what is said of one that does not come to its end."""

import threading
import time
from pathlib import Path

import pytest

from serving import side_work
from serving.side_work import SideWork

WHOLE = 'print(\'{"stage": "Half", "done": 1, "total": 2}\', flush=True)\n'
CUT = 'import os, signal, sys\nsys.stdout.write(\'{"part": "sheet", "pixels": "iVBOR\')\nsys.stdout.flush()\n'
KILLED = "os.kill(os.getpid(), signal.SIGKILL)\n"
WARNED = 'print("a library has its say")\n'
DONE = "print('{\"answer\": 7}')\n"


def worked(folder: Path, program: str, monkeypatch: pytest.MonkeyPatch) -> SideWork:
    """A process that runs this program, at its end."""
    (folder / "program.py").write_text(program)
    monkeypatch.setattr(side_work, "PYTHON_PATH", folder)
    work = SideWork("program", {}, threading.Semaphore(), waiting="Waiting", opening="Opening", died="It died.")
    assert work.wait(60)
    return work


@pytest.mark.parametrize(
    "program",
    [WHOLE + CUT + KILLED, CUT + KILLED, WHOLE, WHOLE + WARNED, WARNED, "print(3)\n", ""],
    ids=["cut in a line", "cut in the first", "no answer", "no answer but words", "words", "no object", "nothing"],
)
def test_what_ends_without_an_answer_has_died(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = worked(tmp_path, program, monkeypatch)
    assert (work.problem, work.answer, work.parts) == ("It died.", {}, [])


def test_words_between_the_lines_disturb_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = worked(tmp_path, WHOLE + WARNED + DONE, monkeypatch)
    assert (work.problem, work.answer) == (None, {"answer": 7})


def test_what_is_stopped_in_a_line_is_stopped_and_nothing_worse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "program.py").write_text(WHOLE + CUT + "import time; time.sleep(600)\n")
    monkeypatch.setattr(side_work, "PYTHON_PATH", tmp_path)
    work = SideWork("program", {}, threading.Semaphore(), waiting="Waiting", opening="Opening", died="It died.")
    deadline = time.monotonic() + 60
    while work.progress.stage != "Half":
        assert time.monotonic() < deadline, "nothing was told"
        time.sleep(0.01)
    work.stop()
    assert work.wait(60)
    assert (work.stopped, work.problem, work.answer) == (True, None, {})

"""Writing that a kill, a second writer or a removed folder can't spoil; locks that end with their holder."""

import errno
import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vae_core.files import (
    is_locked,
    locked,
    replacing_folder,
    take_lock,
    write_bytes,
    write_json,
)


@pytest.fixture
def umask() -> Iterator[int]:
    """A umask that lets the group write, and nobody else read."""
    before = os.umask(0o007)
    yield 0o007
    os.umask(before)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_lock_is_held_by_one_and_seen_by_all(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path)
    with locked(path) as mine:
        assert mine
        assert is_locked(path)
        with locked(path) as second:
            assert not second
    assert not is_locked(path)


def test_two_who_ask_do_not_take_each_other_for_the_holder(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    with ThreadPoolExecutor(4) as pool:
        assert not any(pool.map(lambda _: is_locked(path), range(4000)))


def test_asking_keeps_nobody_with_a_little_patience_from_taking_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            is_locked(path)

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    try:
        for _ in range(50):
            with locked(path, patience=5.0) as mine:
                assert mine
    finally:
        done.set()
        for thread in asking:
            thread.join()


HOLD = """
import sys
from pathlib import Path
from vae_core.files import locked
with locked(Path(sys.argv[1])) as mine:
    print(mine, flush=True)
    sys.stdin.read()
"""


def test_the_death_of_its_holder_frees_a_lock_at_once(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "True\n"
        assert is_locked(path)
        process.kill()
        process.wait()
        assert not is_locked(path)


def test_a_lock_passes_to_the_process_that_inherits_its_descriptor(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    descriptor = take_lock(path)
    assert descriptor is not None
    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=(descriptor,)) as process:
        os.close(descriptor)
        assert is_locked(path)
        process.kill()
        process.wait()
    assert not is_locked(path)


def test_a_try_that_fails_leaves_no_descriptor(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path):
        before = len(os.listdir("/dev/fd"))
        assert [take_lock(path) for _ in range(20)] == [None] * 20
        assert len(os.listdir("/dev/fd")) == before


def test_a_fifo_in_a_locks_place_blocks_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lock")
    assert not is_locked(tmp_path / "lock")


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_disk_without_locks_is_said_to_whoever_needs_one_and_troubles_nobody_else(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock"
    path.touch()

    def refuse(_descriptor: int, _how: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    before = len(os.listdir("/dev/fd"))
    assert not is_locked(path)
    with pytest.raises(OSError, match="knows no file locks") as caught, locked(path):
        raise AssertionError("never held")
    assert caught.value.errno == errno.ENOLCK
    assert len(os.listdir("/dev/fd")) == before


def test_files_and_folders_get_the_rights_that_the_umask_leaves(tmp_path: Path, umask: int) -> None:
    write_bytes(tmp_path / "file", b"")
    with replacing_folder(tmp_path / "folder") as new:
        (new / "file").touch()
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o666 & ~umask
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o777 & ~umask


def test_a_removed_folder_is_not_made_anew_by_whoever_must_not(tmp_path: Path) -> None:
    path = tmp_path / "run" / "training" / "status.json"
    with pytest.raises(FileNotFoundError):
        write_json(path, {}, make_folder=False)
    assert names(tmp_path) == []
    write_json(path, {})
    assert path.read_text() == "{}\n"


def test_two_who_write_the_same_folder_at_once_both_get_a_whole_one(tmp_path: Path) -> None:
    """As two runs that map the same data set: neither may hear of a full disk, and no moment shows half of one."""
    path = tmp_path / "data"
    barrier = threading.Barrier(4)

    def write(number: int) -> None:
        try:
            for _ in range(10):
                with replacing_folder(path) as new:
                    for name in ("images", "labels"):
                        (new / name).write_text(str(number))
                    barrier.wait()
        except BaseException:
            barrier.abort()  # the others would wait for this one for ever
            raise

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert names(path) == ["images", "labels"]
    assert (path / "images").read_text() == (path / "labels").read_text()
    assert names(tmp_path) == ["data"]


@pytest.mark.parametrize("number", [errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT])
def test_a_folder_that_another_writer_has_just_moved_aside_is_no_hindrance(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looked like one that a kill had left; by now the other writer has gone on."""
    path, aside = tmp_path / "data", tmp_path / ".data.0123456789ab.old"
    aside.mkdir()
    rename = Path.rename

    def too_late(source: Path, target: Path) -> Path:
        if source == aside:
            aside.rmdir()
            raise OSError(number, os.strerror(number))
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", too_late)
    with replacing_folder(path) as new:
        (new / "new").touch()
    assert names(path) == ["new"]
    assert names(tmp_path) == ["data"]


def test_of_equal_folders_the_first_stays_so_that_nobody_who_reads_it_loses_it(tmp_path: Path) -> None:
    path = tmp_path / "data"
    with replacing_folder(path, first_stays=True) as slow:
        (slow / "slow").touch()
        with replacing_folder(path, first_stays=True) as quick:
            (quick / "quick").touch()
        inode = path.stat().st_ino
    assert (names(path), path.stat().st_ino) == (["quick"], inode)
    with replacing_folder(path, first_stays=True) as again:  # it was there before: this one is meant to replace it
        (again / "again").touch()
    assert names(path) == ["again"]
    assert names(tmp_path) == ["data"]


def test_a_kill_between_the_two_renames_loses_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "data"
    with replacing_folder(path) as new:
        (new / "old").touch()
    path.rename(tmp_path / ".data.0123456789ab.old")  # as far as the one that was killed had come
    with pytest.raises(KeyError), replacing_folder(path):
        raise KeyError
    assert names(path) == ["old"]
    (tmp_path / ".data.456789abcdef.old").mkdir()
    with replacing_folder(path) as new:
        (new / "new").touch()
    assert names(path) == ["new"]
    assert names(tmp_path) == ["data"]


def test_an_exchange_that_the_disk_refuses_leaves_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data"
    with replacing_folder(path) as new:
        (new / "old").touch()
    rename = Path.rename

    def refuse(source: Path, target: Path) -> Path:
        if source.name.endswith(".tmp") and not target.exists():
            raise OSError(errno.EIO, "the disk is broken")
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="the disk is broken"), replacing_folder(path) as new:
        (new / "new").touch()
    assert names(path) == ["old"]
    assert names(tmp_path) == ["data"]

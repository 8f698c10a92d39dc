"""One bad thing in the checkpoints folder never hurts the rest: it is named or passed over, and nobody waits for it."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.explorable_models import Models, find_model, find_models
from serving.preload import preload_links
from serving.public_files import NotBuiltError, assets, for_visitors, model_files
from vae_core.checkpoint.listing import ERRORS_KEPT, Kept, find_checkpoints
from vae_core.cli.command_line import main
from vae_core.errors import CheckpointError, ConfigError
from vae_core.files import read_small
from vae_core.json_files import read_json

AddCheckpoint = Callable[..., Path]
PATIENCE = 20.0  # seconds; what waits for a pipe waits for ever


def found_in_time() -> Models:
    """`find_models`, in a thread that may hang."""
    found: list[Models] = []
    thread = threading.Thread(target=lambda: found.append(find_models()), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "the whole list waits for one file"
    return found[0]


def edit(path: Path, part: str, **changes: Any) -> None:
    content = json.loads(path.read_text())
    content[part] = content[part] | changes
    path.write_text(json.dumps(content))


def in_place_of(name: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    """Something else where a checkpoint has a file; of the manifest's files, where the decoder is."""

    def change(folder: Path) -> None:
        path = next(folder.glob(name), folder / name)
        path.unlink(missing_ok=True)
        make(path)

    return change


def bind_socket(path: Path) -> None:
    # An address of the system has a hundred characters at most.
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as bound:
        bound.bind(f"{short}/socket")
        os.rename(f"{short}/socket", path)


def huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 300 << 20)


def swap_explorer_for_a_file(folder: Path) -> None:
    (folder / "explorer").rename(folder / "elsewhere")
    (folder / "explorer").write_text("no folder")


def drop_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def link_out(folder: Path) -> None:
    (folder / "explorer").rename(folder.parents[1] / "elsewhere")
    (folder / "explorer").symlink_to(folder.parents[1] / "elsewhere")


NESTED = "[" * 100_000
HEADER = b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'
WHOLE = len(HEADER).to_bytes(8, "little") + HEADER + bytes(16)
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5000\n"

BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "config is a pipe": (in_place_of("config.json", os.mkfifo), "config.json: cannot be read (it is no regular file)"),
    "metrics are a pipe": (in_place_of("metrics.json", os.mkfifo), "metrics.json: cannot be read"),
    "manifest is a pipe": (in_place_of("explorer/manifest.json", os.mkfifo), "explorer/manifest.json: cannot be read"),
    "weights are a pipe": (in_place_of("model.safetensors", os.mkfifo), "model.safetensors: cannot be read"),
    "decoder is a pipe": (in_place_of("explorer/decoder.*", os.mkfifo), "the decoder file is no regular file"),
    "config is a socket": (in_place_of("config.json", bind_socket), "it is no regular file"),
    "config is a device": (in_place_of("config.json", lambda path: path.symlink_to("/dev/zero")), "it is a link"),
    "manifest is a link": (in_place_of("explorer/manifest.json", lambda path: path.symlink_to("/dev/zero")), "a link"),
    "config is a folder": (in_place_of("config.json", Path.mkdir), "config.json: cannot be read (it is a folder)"),
    "manifest is a folder": (in_place_of("explorer/manifest.json", Path.mkdir), "it is a folder"),
    "decoder is a folder": (in_place_of("explorer/decoder.*", Path.mkdir), "the decoder file is no regular file"),
    "explorer is a file": (swap_explorer_for_a_file, "explorer/manifest.json: cannot be read (Not a directory)"),
    "explorer leads out": (link_out, "a link leads elsewhere"),
    "config of 300 MB": (in_place_of("config.json", huge), "it is larger than 4,194,304 bytes"),
    "metrics of 300 MB": (in_place_of("metrics.json", huge), "it is larger than 4,194,304 bytes"),
    "manifest of 300 MB": (in_place_of("explorer/manifest.json", huge), "it is larger than 4,194,304 bytes"),
    "config nested": (lambda folder: (folder / "config.json").write_text(NESTED), "it is nested too deeply"),
    "metrics nested": (lambda folder: (folder / "metrics.json").write_text(NESTED), "it is nested too deeply"),
    "manifest nested": (lambda folder: (folder / "explorer/manifest.json").write_text(NESTED), "nested too deeply"),
    "metrics infinite": (lambda folder: (folder / "metrics.json").write_text('{"elbo": 1e999}'), "elbo is not finite"),
    "version of a megabyte": (
        lambda folder: (folder / "config.json").write_text(f'{{"format": "{"x" * 1_000_000}"}}'),
        "…",
    ),
    "half a character": (lambda folder: edit(folder / "config.json", "data", name="\ud800"), "half of a character"),
    "weights are a pointer": (lambda folder: (folder / "model.safetensors").write_bytes(LFS), "is a Git LFS pointer"),
    "weights cut": (lambda folder: (folder / "model.safetensors").write_bytes(WHOLE[:-3]), "has 76 bytes of 79"),
    "header cut": (lambda folder: (folder / "model.safetensors").write_bytes(WHOLE[:30]), "cut off"),
    "no weights at all": (lambda folder: (folder / "model.safetensors").write_bytes(b""), "cut off"),
    "header no object": (
        lambda folder: (folder / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"[]"),
        "not a safetensors file",
    ),
    "no config": (drop_config, "holds model.safetensors but no config.json"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.usefixtures("dist")
def test_a_bad_checkpoint_is_named_and_hurts_no_other(
    add_checkpoint: AddCheckpoint, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damage, words = BAD[kind]
    add_checkpoint("good", metrics={"elbo": -1.0})
    bad = add_checkpoint("bad", metrics={"elbo": -1.0})
    (bad / "model.safetensors").write_bytes(WHOLE)
    assert list(find_models().explorable) == ["bad", "good"]
    damage(bad)
    models = found_in_time()
    assert list(models.explorable) == ["good"]
    told = for_visitors(models.problems["bad"])
    assert told.startswith("bad")
    assert words in told
    assert str(bad.parent) not in told
    assert len(told) < 500
    assert "good" in preload_links("bad")[1]
    assert find_model("bad") == find_model(None) == models.explorable["good"]
    assert main(["list"]) == 0
    assert "good" in capsys.readouterr().out


def test_what_is_no_checkpoint_is_passed_over(add_checkpoint: AddCheckpoint, checkpoints: Path) -> None:
    add_checkpoint("good")
    (checkpoints / "lost+found").mkdir()
    (checkpoints / "empty").mkdir()
    (checkpoints / ".hidden").mkdir()
    (checkpoints / "notes.txt").write_text("no folder")
    os.mkfifo(checkpoints / "pipe")
    (checkpoints / "nowhere").symlink_to(checkpoints / "gone")
    (checkpoints / "circle").symlink_to(checkpoints / "circle")
    models = found_in_time()
    assert (list(models.explorable), models.problems) == (["good"], {})


@pytest.mark.parametrize("name", [b"\xff\xfe", b"two\nlines", b"back\\slash"])
def test_a_name_that_no_address_can_carry_is_named(
    add_checkpoint: AddCheckpoint, checkpoints: Path, name: bytes
) -> None:
    add_checkpoint("good")
    add_checkpoint("bad").rename(checkpoints / os.fsdecode(name))
    models = find_models()
    assert list(models.explorable) == ["good"]
    (problem,) = models.problems.values()
    assert "give the folder a plain one" in for_visitors(problem)
    for_visitors(problem).encode()


def test_only_an_explorer_folder_is_named(add_checkpoint: AddCheckpoint) -> None:
    drop_config(add_checkpoint("bad"))
    assert "holds explorer/manifest.json but no config.json" in str(find_models().problems["bad"])


def test_a_checkpoints_folder_that_is_a_file_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(tmp_path / "file"))
    assert find_models() == Models({}, {})


@pytest.fixture
def shared_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkpoints folder that another user may look into."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        root = Path(name) / "checkpoints"
        root.mkdir()
        monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(root))
        yield root


AS_NOBODY = """
import json, os
from serving.explorable_models import find_models
from serving.preload import preload_links
from serving.public_files import for_visitors
from vae_core.cli import run_commands
from vae_core.cli.command_line import main
if os.geteuid() == 0:
    os.setuid(65534)
models = find_models()
preload_links(None)
problems = {name: for_visitors(error) for name, error in models.problems.items()}
print(json.dumps([list(models.explorable), problems, main(["list"])]))
"""


def test_what_is_closed_to_us_is_named(shared_folder: Path, add_checkpoint: AddCheckpoint) -> None:
    closed = {"folder": ".", "explorer": "explorer", "config": "config.json", "manifest": "explorer/manifest.json"}
    for name in ("good", *closed):
        add_checkpoint(name).rename(shared_folder / name)
    (shared_folder / "lost+found").mkdir(mode=0o000)
    for name, part in closed.items():
        (shared_folder / name / part).chmod(0o000)
    environment = {**os.environ, "LATENT_EXPLORER_CHECKPOINTS": str(shared_folder), "PYTHONDONTWRITEBYTECODE": "1"}
    answer = subprocess.run([sys.executable, "-c", AS_NOBODY], capture_output=True, text=True, env=environment)
    for name, part in closed.items():
        (shared_folder / name / part).chmod(0o755)
    assert answer.returncode == 0, answer.stderr
    explorable, problems, code = json.loads(answer.stdout.splitlines()[-1])
    assert (explorable, code) == (["good"], 0)
    assert problems.keys() == closed.keys()
    assert all("cannot be read (Permission denied)" in problem for problem in problems.values())


@pytest.mark.usefixtures("checkpoints")
def test_a_closed_checkpoints_folder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    assert (
        for_visitors(find_models().problems["checkpoints"])
        == "the folder checkpoints: cannot be read (Permission denied)."
    )


def count_opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    opened: list[str] = []
    plain_open = os.open

    def counting(path: Any, *arguments: Any, **named: Any) -> int:
        opened.append(str(path))
        return plain_open(path, *arguments, **named)

    monkeypatch.setattr(os, "open", counting)
    return opened


@pytest.mark.usefixtures("dist")
def test_checkpoints_are_read_once_and_again_only_where_they_changed(
    add_checkpoint: AddCheckpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [add_checkpoint(f"model-{number:02}") for number in range(80)]
    (folders[7] / "config.json").write_text("{")
    preload_links(None)  # reads the browser half's listing
    opened = count_opened(monkeypatch)
    preload_links("model-50")
    assert {Path(path).name for path in opened} == {"config.json", "metrics.json", "about.json", "manifest.json"}
    assert len(opened) == 4, "the first bytes wait for one model, not for all"
    first = find_models()
    assert (len(first.explorable), list(first.problems)) == (79, ["model-07"])
    opened.clear()
    again = find_models()
    assert again.explorable.keys() == first.explorable.keys()
    assert opened == []
    edit(folders[3] / "config.json", "data", name="another")
    assert find_models().explorable["model-03"].summary.data.name == "another"
    assert {Path(path).parent for path in opened} <= {folders[3], folders[3] / "explorer"}


def test_a_folder_that_has_been_mended_opens(add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("one")
    whole = (folder / "config.json").read_bytes()
    (folder / "config.json").write_text("{")
    assert list(find_models().problems) == ["one"]
    (folder / "config.json").write_bytes(whole)
    assert list(find_models().explorable) == ["one"]


def test_an_error_is_looked_into_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("vae_core.checkpoint.listing.time.monotonic", lambda: now)
    kept: Kept[Exception | str] = Kept()
    stamps = ((1, 2, 3, 4),)
    answers: list[Exception | str] = [OSError("too many open files"), "a model"]
    look = lambda: kept.get("folder", stamps, lambda: answers.pop(0))  # noqa: E731
    assert isinstance(look(), OSError)
    assert isinstance(look(), OSError)
    now = ERRORS_KEPT
    assert look() == "a model"
    now = 10 * ERRORS_KEPT
    assert look() == "a model"


def test_removed_checkpoints_are_forgotten(add_checkpoint: AddCheckpoint) -> None:
    folder = add_checkpoint("one")
    assert list(find_checkpoints().readable) == ["one"]
    folder.rename(folder.with_name(".gone"))
    assert find_checkpoints().readable == {}


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_small(path, 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4 bytes"):
        read_small(path, 4)
    plain = os.fstat

    def before_it_grew(descriptor: int) -> os.stat_result:
        found = list(plain(descriptor))
        found[6] = 3
        return os.stat_result(found)

    monkeypatch.setattr(os, "fstat", before_it_grew)
    with pytest.raises(OSError, match="larger than 4 bytes"):
        read_small(path, 4)


def test_reading_leaves_no_descriptor_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text(NESTED)
    for _ in range(3):
        for name in ("pipe", "file", "none", "."):
            with pytest.raises(ConfigError):
                read_json(tmp_path / name)
    descriptors = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in range(50):
        for name in ("pipe", "file", "."):
            with pytest.raises(ConfigError):
                read_json(tmp_path / name)
    assert (len(os.listdir("/proc/self/fd")) if descriptors else 0) == descriptors


def test_visitors_are_told_no_place_on_this_machine(checkpoints: Path) -> None:
    told = for_visitors(
        CheckpointError(f"{checkpoints}/a b/config.json: see {checkpoints} and /var/lib/secret/file.bin.")
    )
    assert told == "a b/config.json: see the folder checkpoints and …/file.bin."
    assert (
        for_visitors(CheckpointError("see https://example.org/a/b and 3/4 of it"))
        == "see https://example.org/a/b and 3/4 of it"
    )
    with pytest.raises(CheckpointError) as caught:
        model_files("none")
    assert str(checkpoints) not in str(caught.value)


@pytest.mark.parametrize("content", [None, "{", "[" * 100_000, "[]", '{"component": 1}'])
def test_a_damaged_listing_of_the_browser_half_is_named(dist: Path, content: str | None) -> None:
    (dist / "assets.json").unlink()
    if content is None:
        os.mkfifo(dist / "assets.json")
    else:
        (dist / "assets.json").write_text(content)
    with pytest.raises(NotBuiltError, match=r"explorer/dist/assets\.json") as caught:
        assets()
    assert "make build" in str(caught.value)
    assert str(dist) not in str(caught.value)

"""Whatever is handed in as a model: one sentence that names it, nothing is run, and nothing is left behind."""

import re
from pathlib import Path

import pytest

from tests import hostile_files, hostile_graphs
from tests.hostile_cases import CASES
from tests.made_models import write_decoder
from vae_core.errors import ImportingError
from vae_core.imports import importing
from vae_core.imports.description import Description
from vae_core.imports.importing import import_model
from vae_core.imports.model_look import look
from vae_core.imports.recognition import examine

# These take memory or time before they are refused, or are dangerous: they go through the process that is there for it.
IN_ANOTHER_PROCESS = ("memory for ever", "a pickle that runs code, as .pt", "a bomb")


def test_there_are_many() -> None:
    assert hostile_graphs.FLAT.op_type == "Flatten"  # whose import has registered its cases
    assert len(CASES) >= 60


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, sentence = CASES[name]
    (tmp_path / "handed in").mkdir()
    source = make(tmp_path / "handed in")
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    if name not in IN_ANOTHER_PROCESS:
        monkeypatch.setattr(
            importing, "look", lambda path, work, said: examine(Path(path), said or Description(), work)
        )
    with pytest.raises(ImportingError) as refused:
        import_model(source, tmp_path / "mine")
    message = str(refused.value)
    assert re.search(sentence, message), message
    assert "\n" not in message
    assert len(message) < 1200
    assert str(tmp_path / "temporary") not in message
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.name != "temporary") == before
    assert not (tmp_path / "handed in" / hostile_files.HARM).exists()


def test_a_process_that_dies_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vae_core.imports.model_look.MOST_WAITING", 0.01)
    with pytest.raises(ImportingError, match="process that looked at it has ended"):
        look(write_decoder(tmp_path), tmp_path / "work")

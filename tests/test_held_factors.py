"""Sliders that are called by the factor they hold: what is found, what is not, and what a map keeps of it."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import adjusted_mutual_info_score

from tests.shipped_models import MODELS
from vae_core import load_dataset
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.cli.command_line import main
from vae_core.disentanglement import binned
from vae_core.errors import CheckpointError, UserError
from vae_core.explorer_files.explorer_folder import check_contents, read_manifest
from vae_core.explorer_files.held_factors import FEWEST, LEAST, held_factors, share_told
from vae_core.explorer_files.publishing import copy_explorer, renew_factors
from vae_core.explorer_files.writer import export_explorer

Floats = NDArray[np.float64]
SPRITES = MODELS / "sprites-8d" / "explorer"
HELD = ["scale", "shape", "y", None, "y", "shape", None, "x"]  # dimension by dimension


def numbers(values: Floats) -> list[str]:
    return [f"{value:.3f}" for value in values]


def random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("count", "noise"), [(400, 0.2), (400, 0.6), (4000, 0.4)])
def test_what_is_told_beyond_chance_is_scikit_learns(count: int, noise: float) -> None:
    """Whose normaliser is the lesser of two entropies: that of the factor, where codes have many more values."""
    drawn = random(1)
    values = drawn.integers(4, size=count)
    code = binned((values + noise * drawn.normal(size=count))[:, None])[:, 0]
    theirs = adjusted_mutual_info_score(values, code, average_method="min")
    assert LEAST < theirs < 0.99
    assert share_told(code, values, drawn) == pytest.approx(theirs, abs=0.01)


def test_a_factor_that_a_dimension_holds_is_found_and_noise_holds_none() -> None:
    drawn, count = random(2), 2000
    x, y = drawn.uniform(size=(2, count))
    shape = drawn.integers(3, size=count)
    noise = drawn.normal(size=(5, count))
    codes = np.stack([noise[0], 1 - x + 0.05 * noise[1], shape + 0.05 * noise[2], 2 * x + 0.1 * noise[3], noise[4]], 1)
    columns = {"shape": [("square", "ellipse", "heart")[value] for value in shape], "x": numbers(x), "y": numbers(y)}
    found = held_factors(codes, columns, [True] * 5)
    assert found is not None
    assert [factor and factor["name"] for factor in found] == [None, "x", "shape", "x", None]
    assert found[2] == {"name": "shape", "share": pytest.approx(1, abs=0.01)}
    assert found[3] is not None
    assert 0.5 < found[3]["share"] < 1
    folded = held_factors(codes, columns, [True, True, False, False, True])
    assert folded is not None
    assert [factor is not None for factor in folded] == [False, True, False, False, False]


def test_half_of_a_factors_variance_is_about_the_least_that_counts() -> None:
    drawn = random(3)
    x, noise = drawn.normal(size=(2, 20_000))
    for explained, holds in ((0.4, False), (0.6, True)):
        code = np.sqrt(explained) * x + np.sqrt(1 - explained) * noise
        found = held_factors(code[:, None], {"x": numbers(x)}, [True])
        assert (found is not None) == holds


def test_nothing_is_held_where_chance_could_have_told_it() -> None:
    drawn = random(4)
    words = ["left" if value else "right" for value in drawn.integers(2, size=FEWEST)]
    columns = {f"column {number}": numbers(drawn.normal(size=FEWEST)) for number in range(40)} | {"side": words}
    assert held_factors(drawn.normal(size=(FEWEST, 40)), columns, [True] * 40) is None
    told = np.asarray([word == "left" for word in words], float)[:, None]
    assert held_factors(told, {"side": words}, [True]) == [{"name": "side", "share": pytest.approx(1)}]
    assert held_factors(told[1:], {"side": words[1:]}, [True]) is None  # too few images
    assert held_factors(told, {}, [True]) is None
    assert held_factors(np.zeros((FEWEST, 1)), {"side": words}, [True]) is None


def test_every_slider_in_use_of_the_shipped_sprites_is_called_by_a_factor() -> None:
    """Their objective had parted the factors, but for the orientation, which a square and an ellipse repeat."""
    latent = read_manifest(SPRITES).latent
    assert latent.factors is not None
    assert [factor and factor.name for factor in latent.factors] == HELD
    assert latent.active == [name is not None for name in HELD]


def test_a_map_that_is_there_learns_them_and_stays_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shutil.copytree(MODELS / "sprites-8d", tmp_path / "mine")
    path = folder / "explorer" / "manifest.json"
    shipped, described = path.read_bytes(), json.loads(path.read_text())
    described["latent"]["factors"] = None
    path.write_text(json.dumps(described))
    assert "factors" not in check_contents(folder / "explorer").model_dump(mode="json")["latent"]
    assert main(["find-factors", str(folder), "--data", "sprites"]) == 0
    assert path.read_bytes() == shipped
    told = capsys.readouterr().out
    assert told.startswith("mine: z1: scale, 74% of it; z2: shape, 25% of it; ")
    assert told.endswith("; z8: x, 75% of it.\n")


def test_a_new_map_has_them(tmp_path: Path) -> None:
    checkpoint, sprites = load_checkpoint(MODELS / "sprites-8d"), load_dataset("sprites")
    export_explorer(checkpoint, sprites, tmp_path / "explorer", method="pca", points=1500)
    found = check_contents(tmp_path / "explorer").latent.factors
    assert found is not None
    assert [factor and factor.name for factor in found].index("x") == 7
    nameless = dataclasses.replace(sprites, columns={})
    export_explorer(checkpoint, nameless, tmp_path / "nameless", method="pca", points=300)
    assert check_contents(tmp_path / "nameless").latent.factors is None


def test_a_map_of_other_images_learns_nothing(tmp_path: Path) -> None:
    folder = copy_explorer(SPRITES, tmp_path / "explorer")
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(UserError, match="is of other images"):
        renew_factors(folder, load_dataset("sprites", "test"))
    assert (folder / "manifest.json").read_bytes() == before
    described = json.loads(before)
    del described["files"]["indices"]
    (folder / "manifest.json").write_text(json.dumps(described))
    with pytest.raises(UserError, match="does not say which images it shows"):
        renew_factors(folder, load_dataset("sprites"))


WRONG: list[tuple[Callable[[list[Any]], object], str]] = [
    (lambda factors: factors.pop(), "latent.factors has 7 entries for 8 dimensions"),
    (lambda factors: factors.append({"name": "", "share": 0.5}), "latent.factors.8.*name"),
    (lambda factors: factors[7].update(share=1.5), "latent.factors.7.*share"),
    (lambda factors: factors[7].pop("share"), "latent.factors.7.*share"),
]


@pytest.mark.parametrize(("edit", "words"), WRONG)
def test_each_thing_wrong_with_them_is_named(tmp_path: Path, edit: Callable[[list[Any]], object], words: str) -> None:
    folder = shutil.copytree(SPRITES, tmp_path / "explorer")
    described = json.loads((folder / "manifest.json").read_text())
    edit(described["latent"]["factors"])
    (folder / "manifest.json").write_text(json.dumps(described))
    with pytest.raises(CheckpointError, match=words):
        read_manifest(folder)

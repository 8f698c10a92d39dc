"""UMAP's settings: what they refuse, in words, and what they load."""

import json
import subprocess
import sys
from typing import Any

import pytest

from vae_core.errors import ConfigError
from vae_core.projection.umap_settings import UmapSettings

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"neighbours": "1"}, r"neighbours: .* greater than or equal to 2 \(got '1'\)"),
    ({"neighbours": 201}, "neighbours: .* less than or equal to 200"),
    ({"neighbours": 2.5}, "neighbours: .* integer"),
    ({"min_dist": -0.1}, "min_dist: .* greater than or equal to 0"),
    ({"min_dist": 1.5}, "min_dist 1.5 is larger than spread 1: take a smaller min_dist or a larger spread"),
    ({"min_dist": "nan"}, "min_dist: .* finite"),
    ({"spread": 0}, "spread: .* greater than or equal to 0.1"),
    ({"metric": "hamming"}, "metric: .*'euclidean', 'cosine'.*got 'hamming'"),
    ({"target": "colour"}, "target: .*'class'"),
    ({"perplexity": 30}, "perplexity: there is no such setting"),
]


@pytest.mark.parametrize(("values", "message"), WRONG)
def test_each_wrong_value_is_one_sentence(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as error:
        UmapSettings.parse(values)
    assert "\n" not in str(error.value)


def test_settings_survive_json() -> None:
    settings = UmapSettings(neighbours=40, min_dist=0.5, spread=2, metric="cosine", densmap=True, target="class")
    assert UmapSettings.parse(json.loads(settings.model_dump_json())) == settings


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("vae_core.projection.umap_settings", {"torch", "sklearn", "scipy", "umap", "numba"}),
        ("vae_core.training.epoch", {"sklearn", "scipy", "umap", "numba"}),
        ("vae_core.projection.projection", {"sklearn", "scipy", "umap", "numba"}),
    ],
)
def test_a_module_loads_no_more_than_it_needs(module: str, heavy: set[str]) -> None:
    code = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"

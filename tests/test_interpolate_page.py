"""The Interpolate page as Streamlit runs it: which model and scene it opens, its charts, and what it says otherwise."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from streamlit.testing.v1 import AppTest

from ui import explorer as explorer_module
from ui.interpolate import charts as charts_module
from vae_core.checkpoint.layout import EXPLORER_FOLDER
from vae_core.explorer_files.publishing import renew_prior
from vae_core.model.priors import GaussianMixture

AddCheckpoint = Callable[..., Path]
PAGE = Path(__file__).resolve().parents[1] / "pages" / "interpolate.py"
FRAMES = 6


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(str(PAGE), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def options(app: AppTest) -> dict[str, Any]:
    """What the browser half was given."""
    (component,) = app.get("bidi_component")
    given: dict[str, Any] = json.loads(component.proto.json)
    return given


def written(app: AppTest) -> str:
    return " ".join(element.value for element in [*app.markdown, *app.caption, *app.warning, *app.error, *app.code])


def report(shape: str = "path") -> dict[str, Any]:
    """What the browser half tells of a path from the origin along the first dimension."""
    latents = np.zeros((FRAMES, 16))
    latents[:, 0] = np.linspace(0, 2, FRAMES)
    return {
        "shape": shape,
        "mode": "slerp",
        "latents": latents.tolist(),
        "parameters": np.linspace(0, 2, FRAMES).tolist(),
        "stops": ["A · 0", "B · near 1", "C · prior"],
        "changes": {"line": [1.0] * (FRAMES - 1), "slerp": [2.0] * (FRAMES - 1)},
        "colors": ["rgb(1 2 3)", "rgb(4 5 6)"],
    }


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], None]:
    """Lets the browser half have reported something."""

    def reported(told: dict[str, Any]) -> None:
        class State:
            report = told

        monkeypatch.setattr(explorer_module, "_component", lambda **_: State())

    return reported


def charts(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def numbers(values: Any) -> list[float]:
    """Of a chart, which packs them."""
    packed = isinstance(values, dict)
    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist() if packed else values


@pytest.mark.usefixtures("dist")
def test_the_page_opens_the_linked_model_on_paths(add_checkpoint: AddCheckpoint) -> None:
    for name in ("one", "two"):
        add_checkpoint(name)
    app = open_page(model="two")
    assert not app.exception
    given = options(app)
    assert (given["page"], given["modelUrl"]) == ("interpolate", "explorer/models/two/")
    assert (given["service"], given["name"]) == (True, "two")
    assert "Interpolate" in written(app)
    assert charts(app) == []  # nothing has been reported yet


@pytest.mark.usefixtures("checkpoints", "dist")
def test_without_a_model_the_page_says_how_to_make_one() -> None:
    app = open_page()
    assert not app.exception
    assert "python -m vae_core run start" in written(app)
    assert not app.get("bidi_component")


@pytest.mark.usefixtures("no_dist")
def test_an_unbuilt_browser_half_is_named_with_its_command(add_checkpoint: AddCheckpoint) -> None:
    add_checkpoint("one")
    app = open_page()
    assert not app.exception
    assert "make build" in app.error[0].value


@pytest.mark.usefixtures("dist")
def test_a_reported_path_is_charted(add_checkpoint: AddCheckpoint, tell: Callable[[dict[str, Any]], None]) -> None:
    add_checkpoint("one")
    tell(report())
    app = open_page()
    assert not app.exception
    change, density, classes = charts(app)
    assert [chart["layout"]["title"]["text"] for chart in (change, density, classes)] == [
        "Image change, frame to frame",
        "Log density along the path, nats",
        "Classes of the ten nearest images",
    ]
    assert [curve["name"] for curve in change["data"]] == [
        "straight line: 5.0 in 5 steps",
        "great circle: 10.0 in 5 steps",
    ]
    assert change["data"][1]["line"]["width"] > change["data"][0]["line"]["width"]  # the one on show stands out
    for chart in (density, classes):
        assert chart["layout"]["xaxis"]["ticktext"] == ["A", "B", "C"]
    assert [curve["line"]["color"] for curve in classes["data"]] == report()["colors"]


@pytest.mark.usefixtures("dist")
def test_charts_are_as_high_as_a_legend_of_many_classes_wants(
    add_checkpoint: AddCheckpoint, tell: Callable[[dict[str, Any]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_checkpoint("one")

    def heights(classes: int, name: str) -> tuple[int, int]:
        """Of the charts, and how many classes the legend names."""
        names = [f"{name}{label}" for label in range(classes)]
        rng = np.random.default_rng(0)
        latents = rng.normal(size=(20 * classes, 16)).astype(np.float32)
        latents[:, 0] = rng.uniform(0, 2, len(latents))
        mapped = (latents, np.arange(len(latents)) % classes, names, None)
        monkeypatch.setattr(charts_module, "_mapped", lambda *_: mapped)
        frames = 120
        path = np.zeros((frames, 16))
        path[:, 0] = np.linspace(0, 2, frames)
        told = {"latents": path.tolist(), "parameters": path[:, 0].tolist(), "colors": ["rgb(1 2 3)"] * classes}
        tell(report() | told)
        drawn = charts(open_page())
        assert all(len(curve["name"]) <= charts_module.LONGEST_NAME for curve in drawn[-1]["data"])
        (height,) = {chart["layout"]["height"] for chart in drawn}  # they stand beside each other
        return height, len(drawn[-1]["data"])

    (low, _), (short, few) = heights(3, ""), heights(65, "")
    long, many = heights(65, "a class with a long name that goes on and on ")
    # A legend's row is 19 pixels high; of two there is room. Four short names stand on one, and each of the long ones.
    assert many > 10
    assert low == 280
    assert short == 280 + 19 * (-(-few // 4) - 2)
    assert long == 280 + 19 * (many - 2)


@pytest.mark.usefixtures("dist")
def test_the_density_is_that_of_the_prior_that_was_fitted(
    add_checkpoint: AddCheckpoint, tell: Callable[[dict[str, Any]], None]
) -> None:
    folder = add_checkpoint("one")
    tell(report())

    def density() -> list[float]:
        curve = charts(open_page())[1]["data"][0]
        assert curve["name"] == "of the data's latents"
        return numbers(curve["y"])

    by_kernels = density()
    renew_prior(folder / EXPLORER_FOLDER, GaussianMixture(torch.zeros(1), torch.ones(1, 16), 2 * torch.eye(16)[None]))
    along = np.array(report()["latents"])
    np.testing.assert_allclose(density(), multivariate_normal(np.ones(16), 4 * np.eye(16)).logpdf(along))
    assert density() != by_kernels


@pytest.mark.usefixtures("dist")
def test_a_damaged_prior_is_named_in_place_of_the_charts(
    add_checkpoint: AddCheckpoint, tell: Callable[[dict[str, Any]], None]
) -> None:
    folder = add_checkpoint("one") / EXPLORER_FOLDER
    file = renew_prior(folder, GaussianMixture(torch.zeros(1), torch.ones(1, 16), torch.eye(16)[None])).files.prior
    assert file is not None
    np.full(file.shape, np.nan, "<f4").tofile(folder / file.path)
    tell(report())
    app = open_page()
    assert charts(app) == []
    (error,) = app.error
    assert file.path in error.value
    assert "not finite" in error.value


@pytest.mark.usefixtures("dist")
def test_a_grid_has_no_charts_and_says_so(
    add_checkpoint: AddCheckpoint, tell: Callable[[dict[str, Any]], None]
) -> None:
    add_checkpoint("one")
    tell(report("grid"))
    app = open_page()
    assert not app.exception
    assert charts(app) == []
    assert "Charts are drawn for paths" in written(app)

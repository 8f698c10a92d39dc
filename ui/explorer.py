"""The explorer component, Python's half: mounts the browser half, which keeps by itself where everything was."""

from collections.abc import Callable
from typing import Any, TypedDict

import streamlit as st

from serving.explorable_models import ExplorableModel
from serving.public_files import ASSETS_ADDRESS, assets
from ui.browser_half import browser_component

_component = browser_component("latent_explorer", states={"onScene": "report"})


class SceneReport(TypedDict):
    """What the page of paths tells of its frames: `SceneReport` in explorer/src/options.ts says what is what."""

    shape: str
    mode: str
    latents: list[list[float]]
    parameters: list[float]
    stops: list[str]
    changes: dict[str, list[float]]
    colors: list[str]


def explorer(model: ExplorableModel, *, decoding: bool = True) -> None:
    """Shows the explorer on a model; no gesture in it runs the page again.

    `decoding` off draws the map and the probe only. Raises NotBuiltError where the browser half is not built.
    """
    _component(key=f"explorer {model.summary.name}", data=_options("explore", model, assets()) | {"decoding": decoding})


@st.fragment
def interpolation(
    model: ExplorableModel, files: dict[str, str], show: Callable[[ExplorableModel, SceneReport], None]
) -> None:
    """Shows the page of paths on a model, with the browser half's `files`.

    What was reported of its frames last is given to `show`, in a fragment of
    its own: a path that has come to rest runs this and no more.
    """
    state = _component(
        key=f"interpolation {model.summary.name}",
        data=_options("interpolate", model, files),
        on_report_change=lambda: None,
    )
    if state.report is not None:
        show(model, state.report)


def _options(page: str, model: ExplorableModel, files: dict[str, str]) -> dict[str, Any]:
    """What `ExplorerOptions` in explorer/src/options.ts asks for."""
    return {
        "module": ASSETS_ADDRESS + files["component"],
        "page": page,
        "assetsUrl": ASSETS_ADDRESS,
        "files": files,
        "modelUrl": model.address,
        "manifestVersion": model.files.version,
        "decoding": True,
        "name": model.summary.name,
        "service": True,
    }

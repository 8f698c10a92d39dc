"""The explorer component, Python's half: mounts the browser half, and hears of what a hand has done once it lets go."""

from typing import Any

import streamlit as st

from serving.models import ExplorableModel
from serving.public_files import ASSETS_ADDRESS, assets
from ui.browser_half import browser_component

_component = browser_component("latent_explorer", states={"onRelease": "probe", "onKeep": "scene", "onScene": "report"})


def explorer(model: ExplorableModel, *, decoding: bool = True) -> None:
    """Shows the explorer on a model, with the probe where this session last left it.

    `decoding` off draws the map and the probe only. Raises NotBuiltError where the browser half is not built.
    """
    _explorer(model, assets(), decoding, _probes().get(model.summary.name))


@st.fragment
def _explorer(model: ExplorableModel, files: dict[str, str], decoding: bool, probe: dict[str, Any] | None) -> None:
    """A release of the probe runs this fragment and no more.

    `probe` stays what it was at the last full run: the answer to one release never moves the next drag.
    """
    name = model.summary.name
    state = _component(
        key=f"explorer {name}",
        data=_options("explore", model, files) | {"decoding": decoding, "probe": probe},
        on_probe_change=lambda: None,
    )
    if state.probe is not None:
        _probes()[name] = state.probe


def interpolation(
    model: ExplorableModel, files: dict[str, str], scene: str | None
) -> tuple[str | None, dict[str, Any] | None]:
    """Shows the page of paths on a model, beginning with a scene, with the browser half's `files`.

    Returns the scene as it is now, as a link names it, and what was reported of its frames last (`SceneReport` in
    explorer/src/options.ts); both are None until the first frames are there.
    """
    state = _component(
        key=f"interpolation {model.summary.name}",
        data=_options("interpolate", model, files) | {"scene": scene},
        on_scene_change=lambda: None,
        on_report_change=lambda: None,
    )
    return state.scene, state.report


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
        "probe": None,
        "scene": None,
        "service": True,
    }


def _probes() -> dict[str, dict[str, Any]]:
    """Where this session last left the probe, by model."""
    probes: dict[str, dict[str, Any]] = st.session_state.setdefault("probes", {})
    return probes

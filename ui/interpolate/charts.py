"""What happens along a path, in Plotly: how much the image changes, how dense the data are, which classes are near."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from serving.explorable_models import ExplorableModel
from ui.explorer import SceneReport
from ui.plain_words import plotly_text, told
from vae_core.errors import CheckpointError
from vae_core.explorer_files.explorer_folder import read_manifest
from vae_core.explorer_files.manifest import Manifest, PriorPart
from vae_core.explorer_files.manifest_files import ArrayPart
from vae_core.explorer_files.map_arrays import check_array, read_array
from vae_core.interpolation.measures import class_shares, log_density, log_prior
from vae_core.interpolation.packed_priors import log_flow, log_mixture

HEIGHT = 280
ROWS, ROW = 2, 19  # of a legend that this has room for, and the pixels of another
# Pixels of a chart where three stand beside each other on a small screen, of a legend's sign, of a letter after it.
NARROW, SIGN, LETTER = 260, 45, 7
LONGEST_NAME = 24  # characters of a class in the legend
MARGIN = {"l": 8, "r": 8, "t": 36, "b": 8}
MODES = {
    "line": "straight line",
    "slerp": "great circle",
    "data": "along the data",
    "geodesic": "shortest in pixels",
    "flow": "straight in the flow",
}
LogDensity = Callable[[NDArray[np.float64]], NDArray[np.floating[Any]]]  # (M, D) → (M,), nats
LEAST_SHARE = 0.005  # classes that are nowhere near the path are left out of the legend


def show_charts(model: ExplorableModel, report: SceneReport) -> None:
    """The charts of a reported scene; a grid has none."""
    if report["shape"] != "path":
        st.caption("Charts are drawn for paths: a grid has no first and last frame.")
        return
    files = model.files
    try:
        latents, labels, names, log_known = _mapped(str(files.folder), files.version)
    except CheckpointError as error:
        st.error(told(error), title="There are no charts", icon=":material/error:")
        return
    path = np.asarray(report["latents"], dtype=np.float64)
    data_density = log_density(path, latents) if log_known is None else log_known(path)
    columns = st.columns(3)
    charts = {
        "change": _change_chart(report),
        "density": _density_chart(report, path, data_density),
        "classes": _class_chart(report, class_shares(path, latents, labels, len(names)), names),
    }
    # They stand beside each other: as high as the longest legend wants.
    rows = max(len(report["changes"]), _legend_rows([trace.name for trace in charts["classes"].data]))
    for column, (name, chart) in zip(columns, charts.items(), strict=True):
        # Left to itself a legend takes half of the height at most, and scrolls.
        chart.update_layout(height=HEIGHT + ROW * max(0, rows - ROWS), legend_maxheight=ROW * (rows + 1))
        column.plotly_chart(chart, key=f"{name} along the path", config={"displayModeBar": False})


@st.cache_data(max_entries=8, show_spinner=False)
def _mapped(
    folder: str, version: str
) -> tuple[NDArray[np.float32], NDArray[np.integer[Any]], list[str], LogDensity | None]:
    """Latents (N, D), labels (N,), class names and the prior that knows the data, None where the map has none.

    `version` makes a map that is drawn anew be read anew.

    Raises CheckpointError where they are not what a map holds.
    """
    del version
    manifest = read_manifest(folder)
    prior = manifest.files.prior
    latents, labels = (_checked(folder, manifest, file) for file in (manifest.files.latents, manifest.files.labels))
    log_known = None if prior is None else _log_density_of(manifest.prior, _checked(folder, manifest, prior))
    return latents.astype(np.float32), labels, manifest.data.class_names, log_known


def _checked(folder: str, manifest: Manifest, file: ArrayPart) -> NDArray[Any]:
    values = read_array(folder, file)
    check_array(folder, manifest, file, values)
    return values


def _log_density_of(learned: PriorPart | None, packed: NDArray[np.float32]) -> LogDensity:
    """Of a path's latents, by the numbers of a flow or of a mixture."""
    if learned is None or learned.couplings is None or learned.units is None:
        return partial(log_mixture, packed=packed)
    return partial(log_flow, packed=packed, couplings=learned.couplings, units=learned.units)


def _change_chart(report: SceneReport) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure(layout=_layout("Image change, frame to frame"))
    for mode, changes in report["changes"].items():
        chosen = mode == report["mode"]
        figure.add_scatter(
            x=list(range(1, len(changes) + 1)),
            y=changes,
            name=f"{MODES[mode]}: {sum(changes):.1f} in {len(changes)} step{'' if len(changes) == 1 else 's'}",
            mode="lines",
            line={"width": 3 if chosen else 1.5, "dash": "solid" if chosen else "dot"},
        )
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(title="step")
    return figure


def _density_chart(report: SceneReport, path: NDArray[np.float64], data: NDArray[np.floating[Any]]) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure(layout=_layout("Log density along the path, nats"))
    for name, values in (("of the data's latents", data), ("of N(0, I)", log_prior(path))):
        figure.add_scatter(x=report["parameters"], y=values, name=name, mode="lines")
    _mark_stops(figure, report)
    return figure


def _class_chart(report: SceneReport, shares: NDArray[np.floating[Any]], names: list[str]) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure(layout=_layout("Classes of the ten nearest images"))
    for label in np.flatnonzero(shares.max(0) >= LEAST_SHARE):
        figure.add_scatter(
            x=report["parameters"],
            y=100 * shares[:, label],
            name=plotly_text(_short(names[label])),
            meta=plotly_text(names[label]),
            hovertemplate="%{meta}: %{y:.0f} %<extra></extra>",
            mode="lines",
            stackgroup="classes",
            line={"width": 0.5, "color": report["colors"][label]},
        )
    figure.update_yaxes(range=[0, 100], ticksuffix=" %")
    _mark_stops(figure, report)
    return figure


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _legend_rows(names: list[str]) -> int:
    """Plotly gives each name of a legend as much room as the longest one wants."""
    widest = SIGN + LETTER * max((len(name) for name in names), default=0)
    return math.ceil(len(names) / max(1, NARROW // widest))


def _mark_stops(figure: Any, report: SceneReport) -> None:
    """The stops by their letters, in place of parameters that say nothing."""
    letters = [name.split(" ")[0] for name in report["stops"]]
    figure.update_xaxes(tickvals=list(range(len(letters))), ticktext=letters, title="stop")


def _layout(title: str) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"size": 14}},
        "margin": MARGIN,
        "legend": {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0},
        "uirevision": "kept",
    }

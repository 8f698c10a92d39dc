"""What the charts of the lessons share: a frame that is readable at any width, in either theme, and marks of errors."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

HEIGHT = 320
MARGIN = {"l": 8, "r": 8, "t": 64, "b": 8}
ERRORS = 2  # standard errors that a bar spans to either side


def figure(title: str, across: str, up: str, *, logarithmic: str = "") -> Any:
    """An empty chart; `logarithmic` names its axes that are: "", "x", "y" or "xy"."""
    import plotly.graph_objects as go

    made = go.Figure(
        layout={
            "title": {"text": title, "font": {"size": 14}, "y": 0.97, "yanchor": "top"},
            "height": HEIGHT,
            "margin": MARGIN,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            "uirevision": "kept",
        }
    )
    kinds = {axis: "log" if axis in logarithmic else "linear" for axis in "xy"}
    made.update_xaxes(title=across, type=kinds["x"], automargin=True)
    made.update_yaxes(title=up, type=kinds["y"], automargin=True)
    return made


def powers_across(chart: Any, values: Sequence[int]) -> None:
    """The numbers that were measured, and no others, below a logarithmic axis; every other one where they are many."""
    step = 1 if len(values) < 8 else 2
    chart.update_xaxes(tickvals=list(values[::step]), ticktext=[f"{value:,}" for value in values[::step]])


def errors(values: Sequence[float]) -> dict[str, Any]:
    """Bars of two standard errors."""
    return {"type": "data", "array": [ERRORS * value for value in values], "thickness": 1.2, "width": 3}


def show(chart: Any, key: str) -> None:
    """On the page, in its theme."""
    st.plotly_chart(chart, key=key, config={"displayModeBar": False})

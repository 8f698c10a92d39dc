"""What the charts of the lessons share: a frame that is readable at any width, in either theme, and marks of errors."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

HEIGHT = 300
MARGIN = {"l": 8, "r": 8, "t": 40, "b": 8}
ERRORS = 2  # standard errors that a bar spans to either side


def figure(across: str, up: str, *, logarithmic: str = "") -> Any:
    """An empty chart; `logarithmic` names its axes that are: "", "x", "y" or "xy"."""
    import plotly.graph_objects as go

    made = go.Figure(
        layout={
            "height": HEIGHT,
            "margin": MARGIN,
            "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
            "showlegend": True,
            "uirevision": "kept",
        }
    )
    kinds = {axis: "log" if axis in logarithmic else "linear" for axis in "xy"}
    made.update_xaxes(title=across, type=kinds["x"], automargin=True)
    made.update_yaxes(title=up, type=kinds["y"], automargin=True)
    for axis in logarithmic:  # whole numbers: of those between decades Plotly would show a digit alone
        made.update_layout({f"{axis}axis": {"tickformat": "~g"}})
    return made


def powers_across(chart: Any, values: Sequence[int]) -> None:
    """The numbers that were measured, and no others, below a logarithmic axis; every other one where they are many."""
    step = 1 if len(values) < 8 else 2
    chart.update_xaxes(tickvals=list(values[::step]), ticktext=[f"{value:,}" for value in values[::step]])


def decades(chart: Any, axes: str) -> None:
    """Powers of ten alone along logarithmic axes: digits between them say little, and powers are no µ or k."""
    for axis in axes:
        chart.update_layout({f"{axis}axis": {"dtick": 1, "exponentformat": "power", "tickformat": ""}})


def errors(values: Sequence[float]) -> dict[str, Any]:
    """Bars of two standard errors."""
    return {"type": "data", "array": [ERRORS * value for value in values], "thickness": 1.2, "width": 3}


def level(chart: Any, across: Sequence[float], value: float, words: str) -> None:
    """A dotted line at one height, named in the legend: Plotly's own lines lose their names on logarithmic axes."""
    line = {"dash": "dot", "width": 1.5, "color": "gray"}
    chart.add_scatter(x=list(across), y=[value] * len(across), name=words, mode="lines", line=line, hoverinfo="skip")


def show(chart: Any, title: str, key: str) -> None:
    """On the page, in its theme, below its title: words of the page wrap where a chart's own would be cut off."""
    st.markdown(f"**{title}**")
    st.plotly_chart(chart, key=key, config={"displayModeBar": False})

"""Settings that differ and figures with their errors, a column a model; words of others are escaped."""

import html
from typing import Any

import streamlit as st

from ui.model_picker import DATA_NAMES, NETWORK_NAMES
from ui.plain_words import one_line_of
from ui.signed import percent, signed
from vae_core.collection.comparison import FigureRow, differing_settings, figures
from vae_core.collection.records import ModelRecord

LETTERS = "ABCD"
STYLE = """<style>
.compared {overflow-x: auto}
.compared table {border-collapse: collapse; font-size: .92rem; width: 100%}
.compared caption {text-align: left; font-weight: 600; padding: 0 0 .3rem; caption-side: top}
.compared th, .compared td {text-align: left; vertical-align: top; padding: .2rem 1rem .2rem 0; border: 0;
  border-top: 1px solid color-mix(in srgb, currentColor 14%, transparent); font-variant-numeric: tabular-nums}
.compared thead th, .compared thead td {border-top: 0; font-weight: 600; overflow-wrap: anywhere}
.compared thead span {display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden}
.compared tbody th {font-weight: 400; color: color-mix(in srgb, currentColor 72%, transparent)}
.compared small {display: block; font-size: .8rem; color: color-mix(in srgb, currentColor 68%, transparent)}
.compared p {margin: 0}
</style>"""
WORDS: dict[str, dict[Any, str]] = {
    "data": DATA_NAMES,
    "network": NETWORK_NAMES,
    "channels": {1: "grey", 3: "in colour"},
}
NAMED = 78  # percent of a table's width, which its models share alike
NOTHING = '<span title="not known, or of no meaning to this model">–</span>'


def show_tables(records: list[ModelRecord]) -> None:
    """Figures and settings beside each other; below each other where there is no room."""
    models = [record.summary for record in records]
    measured, settings = figures(models), differing_settings(models)
    left, right = st.columns(2)
    with left:
        if measured:
            rows = [(_figure_name(row), [_figure(row, value) for value in row.values]) for row in measured]
            st.html(STYLE + _table("Figures", records, rows, _notes(measured)))
        else:
            st.caption("None of these models has been measured.")
    with right:
        if settings:
            cells = [(html.escape(row.title), [_setting(row.field, value) for value in row.values]) for row in settings]
            st.html(STYLE + _table("Settings that differ", records, cells))
        else:
            st.caption("No setting differs: these models were asked for in the same words.")


def _table(caption: str, records: list[ModelRecord], rows: list[tuple[str, list[str]]], notes: str = "") -> str:
    titles = [html.escape(one_line_of(record.title)) for record in records]
    share = f"width: {NAMED / len(records):.0f}%"
    heads = "".join(
        f'<th scope="col" style="{share}" title="{title}"><span>{letter} · {title}</span></th>'
        for letter, title in zip(LETTERS, titles, strict=False)
    )
    body = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>' for name, cells in rows
    )
    return (
        f'<div class="compared" role="region" aria-label="{caption}" tabindex="0"><table><caption>{caption}</caption>'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table>{notes}</div>"
    )


def _figure_name(row: FigureRow) -> str:
    mark = "" if row.apart is None else " *"
    return f'<span title="{html.escape(row.unit)}">{html.escape(row.title)}{mark}</span>'


def _notes(rows: list[FigureRow]) -> str:
    """Which figures cannot be compared, a line for each reason."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if row.apart is not None:
            reasons.setdefault(f"{row.apart}, so not to be compared{_within(row)}", []).append(row.title)
    lines = [f"* {', '.join(titles)}: {reason}." for reason, titles in reasons.items()]
    return "".join(f"<small>{html.escape(line)}</small>" for line in lines)


def _within(row: FigureRow) -> str:
    """But within which models, by their letters, where there are any."""
    groups = [" and ".join(LETTERS[place] for place in group) for group in row.alike if len(group) > 1]
    return f" but within {', within '.join(groups)}" if groups else ""


def _figure(row: FigureRow, value: tuple[float, float | None] | None) -> str:
    if value is None:
        return NOTHING
    number, error = value
    if row.name == "label_agreement":
        return percent(number, 1)
    decimals = {"mean_square_error": 4, "active_units": 0}.get(row.name, 1)
    return signed(number, decimals) + ("" if error is None else f" ± {error:.1f}")


def _setting(field: str, value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, float):
        return f"{value:g}"
    return html.escape(one_line_of(str(WORDS.get(field, {}).get(value, value))))

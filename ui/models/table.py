"""The models as a table: a row each, figures with their errors, to be sorted by any column."""

import time
from typing import Any

import streamlit as st

from ui.models.facts import NATS, data_name
from ui.plain_words import one_line_of
from vae_core.collection.records import ModelRecord

ROW_HEIGHT, MOST_HEIGHT = 34, 640  # pixels


def show_table(records: list[ModelRecord]) -> list[ModelRecord]:
    """Every model in their order; returns those whose rows were chosen."""
    choice: Any = st.dataframe(
        _columns(records),
        hide_index=True,
        width="stretch",
        height=min(MOST_HEIGHT, ROW_HEIGHT * (len(records) + 1)),
        column_config=_looks(),
        on_select="rerun",
        selection_mode="multi-row",
        key="table of models",
        placeholder="–",  # for what was not measured
    )
    return [records[row] for row in choice["selection"]["rows"] if row < len(records)]


def _columns(records: list[ModelRecord]) -> dict[str, list[Any]]:
    def figure(name: str) -> list[float | None]:
        return [record.summary.figure(name) for record in records]

    elsewhere = [one_line_of(record.measured_on or "") for record in records]
    return {
        "Title": [one_line_of(record.title) for record in records],
        "Data": [one_line_of(data_name(record)) for record in records],
        "Size": [_frame(record) for record in records],
        "Latent dimensions": [record.summary.model.latent_dim for record in records],
        "Parameters": [record.parameters for record in records],
        **({"Measured on": elsewhere} if any(elsewhere) else {}),
        "ELBO": figure("elbo"),
        "ELBO ±": figure("elbo_standard_error"),
        "NLL": figure("negative_log_likelihood"),
        "NLL ±": figure("negative_log_likelihood_standard_error"),
        "Active units": figure("active_units"),
        "Made": [_date(record.made_at) for record in records],
        "From": [one_line_of(record.origin) for record in records],
        "MB": [record.size / 1e6 for record in records],
    }


def _frame(record: ModelRecord) -> str:
    model = record.summary.model
    return f"{model.image_size} × {model.image_size} × {model.channels}"


def _date(seconds: float | None) -> str | None:
    return None if seconds is None else time.strftime("%Y-%m-%d", time.localtime(seconds))


def _looks() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "Size": st.column_config.TextColumn(help="width × height in pixels × channels"),
        "Parameters": number(format="localized"),
        "Measured on": st.column_config.TextColumn(help="the images that the figures are of, where these are others"),
        "ELBO": number(format="%.1f", help=NATS),
        "ELBO ±": number(format="%.1f", help="one standard error over images, nats"),
        "NLL": number(format="%.1f", help=NATS),
        "NLL ±": number(format="%.1f", help="one standard error over images, nats"),
        "Active units": number(format="%d", help="latent dimensions that say something"),
        "MB": number(format="%.1f", help="on the disk"),
    }

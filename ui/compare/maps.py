"""The maps of compared models, their probes and the same images through each: mounts the browser half."""

from typing import Any

import streamlit as st

from serving.explorable_models import ExplorableModel
from serving.public_demo import read_only
from serving.public_files import ASSETS_ADDRESS, assets
from ui.browser_half import browser_component
from ui.compare.comparison_tables import LETTERS
from ui.plain_words import literal, one_line_of
from vae_core.collection.records import ModelRecord
from vae_core.errors import CheckpointError

_component = browser_component("latent_comparison")
# What stays in sight on a small screen does so below Streamlit's own head.
STYLE = "<style>.stApp {--page-head: 3.5rem}</style>"


def show_maps(records: list[ModelRecord]) -> None:
    """The browser half on the models that have a map; those without are named.

    Raises NotBuiltError where the browser half is not built.
    """
    files = assets()
    models, without = [], []
    for letter, record in zip(LETTERS, records, strict=False):
        try:
            models.append(_described(record))
        except CheckpointError:
            without.append(f"{letter} ({literal(record.title)})")
    if without:
        st.info(f"{' and '.join(without)} cannot be explored: without a map there is nothing to point at.")
    if models:
        st.html(STYLE)
        _component(key="comparison", data=_options(models, files))


def _described(record: ModelRecord) -> dict[str, str]:
    """What `ComparedModel` in explorer/src/compare/options.ts asks for. Raises CheckpointError without a whole map."""
    model = ExplorableModel(record.summary)
    return {
        "name": record.name,
        "title": one_line_of(record.title),
        "modelUrl": model.address,
        "manifestVersion": model.files.version,
    }


def _options(models: list[dict[str, str]], files: dict[str, str]) -> dict[str, Any]:
    """What `CompareOptions` in explorer/src/compare/options.ts asks for, and the loader's module."""
    return {
        "module": ASSETS_ADDRESS + files["compare"],
        "assetsUrl": ASSETS_ADDRESS,
        "files": files,
        "models": models,
        "testImages": not read_only(),
    }

"""The maps of compared models, their probes and the same images through each: mounts the browser half."""

from collections import Counter
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
from vae_core.json_files import parse_json

_component = browser_component("latent_comparison")
# What stays in sight on a small screen does so below Streamlit's own head.
STYLE = "<style>.stApp {--page-head: 3.5rem}</style>"


def show_maps(records: list[ModelRecord]) -> None:
    """The browser half on the models that have a map; those without are named.

    Raises NotBuiltError where the browser half is not built.
    """
    files = assets()
    models: list[ExplorableModel] = []
    without = []
    for letter, record in zip(LETTERS, records, strict=False):
        try:
            model = ExplorableModel(record.summary)
            _ = model.files
            models.append(model)
        except CheckpointError:
            without.append(f"{letter} ({literal(record.title)})")
    if without:
        st.info(f"{' and '.join(without)} cannot be explored: without a map there is nothing to point at.")
    if models:
        st.html(STYLE)
        _component(key="comparison", data=_options(models, files))


def _described(model: ExplorableModel, *, followed: bool) -> dict[str, str | bool]:
    """What `ComparedModel` in explorer/src/compare/options.ts asks for."""
    return {
        "name": model.summary.name,
        "title": one_line_of(model.summary.title),
        "followed": followed,
        "modelUrl": model.address,
        "manifestVersion": model.files.version,
    }


def _images_of(model: ExplorableModel) -> tuple[str, str]:
    """Of which images its map is, as the browser tells them apart."""
    data = parse_json(model.files.manifest)["data"]
    return data["fingerprint"], data["split"]


def _options(models: list[ExplorableModel], files: dict[str, str]) -> dict[str, Any]:
    """What `CompareOptions` in explorer/src/compare/options.ts asks for, and the loader's module."""
    images = Counter(map(_images_of, models))
    return {
        "module": ASSETS_ADDRESS + files["compare"],
        "assetsUrl": ASSETS_ADDRESS,
        "files": files,
        "models": [_described(model, followed=images[_images_of(model)] > 1) for model in models],
        "testImages": not read_only(),
    }

"""How one's own pictures become squares: size, colour and crop, with a look at what they do."""

from pathlib import Path

import streamlit as st

from vae_core.config import Crop
from vae_core.uploads.treatment import Treatment

SIDES = {"as the images suggest": None, **{f"{side} × {side} px": side for side in (8, 16, 28, 32, 64, 128)}}
COLOURS = {"as the images are": None, "grey": 1, "colour": 3}
CROPS: dict[Crop, str] = {"middle": "middle square", "padded": "whole picture, padded"}
SHOWN, COLUMNS = 6, 2


def choose_frame(source: str, *, own: bool) -> tuple[int | None, int | None, Crop]:
    """Size and channels, None for what the images suggest; and the crop, where it makes a difference.

    Raises DatasetError where one's own files cannot be opened.
    """
    crop: Crop | None = "middle"
    with st.container(horizontal=True):
        size = st.selectbox(
            "Size",
            list(SIDES),
            help="Images are made square and scaled to this size.",
            key="size",
            bind="query-params",
            persist_state="session",
        )
        channels = st.selectbox(
            "Colour",
            list(COLOURS),
            key="colour",
            bind="query-params",
            persist_state="session",
        )
        if own and _crop_matters(source):
            crop = st.selectbox(
                "Crop",
                list(CROPS),
                format_func=lambda crop: CROPS[crop],
                help="Padded: nothing is cut off; the rest of the square gets the colour of the picture's edge.",
                key="crop",
                bind="query-params",
                persist_state="session",
            )
    return SIDES[size], COLOURS[channels], crop or "middle"


def show_examples(source: str, image_size: int, channels: int, crop: Crop, treatment: Treatment) -> None:
    """Some pictures with what is kept of them outlined, and what the model sees; nothing where it is the same."""
    pairs = _examples(source, image_size, channels, crop, treatment)
    if not pairs:
        return
    st.caption("What the model sees: left your picture with what is kept of it outlined, right what becomes of it.")
    columns = st.columns(COLUMNS)
    for number, (sheet, words) in enumerate(pairs):
        columns[number % COLUMNS].image(sheet, caption=words, alt=f"Your picture and what becomes of it, {words}")


@st.cache_data(max_entries=16, show_spinner=False)
def _crop_matters(source: str) -> bool:
    from vae_core.uploads.preview import any_oblong

    return any_oblong(Path(source))


@st.cache_data(max_entries=16, show_spinner=False)
def _examples(source: str, image_size: int, channels: int, crop: Crop, treatment: Treatment) -> list[tuple[bytes, str]]:
    """PNGs and the sizes they speak of."""
    from vae_core.uploads.preview import examples

    found = examples(Path(source), image_size, channels, crop, SHOWN, treatment=treatment)
    return [(pair.sheet, f"{pair.width} × {pair.height} → {image_size} × {image_size} px") for pair in found]

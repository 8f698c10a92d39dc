"""How one's own pictures become squares: size, colour and crop, with a look at what they do."""

import streamlit as st

from vae_core.config import Crop
from vae_core.data.look import Look, Request
from vae_core.data.shelves import Shelf

SIDES = {"suggested": None, **{f"{side} × {side} px": side for side in (8, 16, 28, 32, 64, 128)}}
COLOURS = {"as they are": None, "grey": 1, "colour": 3}
CROPS: dict[Crop, str] = {"middle": "middle square", "padded": "whole picture, padded"}
COLUMNS = 2  # of examples


def choose_frame(source: str, *, own: bool) -> tuple[int | None, int | None, Crop]:
    """Size and channels, None for what the images suggest; and the crop, where it makes a difference.

    Raises DatasetError where one's own folder cannot be opened.
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


def show_examples(look: Look) -> None:
    """Some pictures with what is kept of them outlined, and what the model sees; nothing where it is the same."""
    if not look.examples:
        return
    st.caption("What the model sees: left your picture with what is kept of it outlined, right what becomes of it.")
    columns = st.columns(COLUMNS)
    for number, example in enumerate(look.examples):
        alt = f"Your picture and what becomes of it, {example.words}"
        columns[number % COLUMNS].image(example.png, caption=example.words, alt=alt)


def _crop_matters(source: str) -> bool:
    """Known once they have been read, in any crop."""
    return bool(Shelf(Request(source)).suggestions().get("oblong"))

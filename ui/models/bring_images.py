"""The images that a model which is brought is shown and mapped with: none, of the catalogue, or one's own."""

import streamlit as st

from ui.train.data_choice import CROPS
from ui.train.own_data import choose_own
from vae_core.collection.bringing import MapImages
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.named.locations import present

NONE, NAMED, OWN = "None", "From the catalogue", "Your own"


def choose_images() -> MapImages:
    """What they are, and how one's own are made square; without any, draws of the model's prior."""
    kind = st.segmented_control(
        "Images for its map",
        [NONE, NAMED, OWN],
        default=NONE,
        required=True,
        key="images for a map",
        persist_state="session",
        help="Such as it was trained on. Without any, the map shows 2,000 draws of its prior.",
    )
    if kind == NAMED:
        data: str | None = st.selectbox(
            "Data set",
            [name for name in CATALOGUE if present(name)],
            format_func=lambda name: CATALOGUE[name].title,
            key="set for a map",
            persist_state="session",
            help="Others are downloaded on the Train page.",
        )
        return MapImages(data=data)
    if kind != OWN or (own := choose_own()[0]) is None:
        return MapImages()
    crop = st.segmented_control(
        "Crop",
        list(CROPS),
        format_func=lambda crop: CROPS[crop],
        default="middle",
        required=True,
        key="crop for a map",
        persist_state="session",
        help="Of pictures that are not square, as those were that it was trained on.",
    )
    return MapImages(data=own, crop=crop)

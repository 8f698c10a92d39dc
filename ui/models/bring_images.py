"""The images that a model which is brought is shown and mapped with: none, of the catalogue, or one's own."""

import streamlit as st

from ui.train.own_data import choose_own
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.named.locations import present

NONE, NAMED, OWN = "None", "From the catalogue", "Your own"


def choose_images() -> str | None:
    """The name of a data set or the path of a file that was handed in; None for draws of the model's prior."""
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
        return st.selectbox(
            "Data set",
            [name for name in CATALOGUE if present(name)],
            format_func=lambda name: CATALOGUE[name].title,
            key="set for a map",
            persist_state="session",
            help="Others are downloaded on the Train page.",
        )
    return choose_own()[0] if kind == OWN else None

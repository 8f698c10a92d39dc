"""What augmentation makes of the images, before anything starts: a picture of some of them and of their variants."""

import numpy as np
import streamlit as st

from vae_core.augmentation import FEW, draw, in_words, is_varied, suggested, varied
from vae_core.config import TrainConfig
from vae_core.data.look import Look
from vae_core.films.pictures import contact_sheet, on_contact_sheet

SHOWN = 6  # images, each in a column with its variants below it
EPOCHS = 2  # so many variants of each


def show_variants(look: Look, training: TrainConfig) -> None:
    """What the first epochs would make of some images, drawn as training draws it."""
    if not is_varied(training):
        if suggested(look.train, look.image_size, look.channels, tuple(look.classes)):
            st.caption(f"Images are not varied: with only {look.train:,} a model soon knows them by heart.")
        return
    shown = min(SHOWN, look.train)
    sheet, _ = st.columns([shown, SHOWN - shown], gap=None) if shown < SHOWN else (st.container(), None)
    sheet.image(variants_sheet(look, training), width="stretch", alt="Some images, and below each its variants")
    why = f" There are fewer than {FEW:,}: a model would soon know them by heart." if look.train < FEW else ""
    st.caption(f"In training, images are {in_words(training)}, in each epoch otherwise.{why}")


def variants_sheet(look: Look, training: TrainConfig) -> bytes:
    """A PNG: a row of images, and one for each of the first epochs."""
    tiles = on_contact_sheet(look.sheet, look.image_size, SHOWN)[:, : look.channels]
    images = (tiles / 255).astype(np.float32)
    rows = [images, *(varied(images, draw(training, epoch, len(images))) for epoch in range(EPOCHS))]
    return contact_sheet(np.concatenate(rows), columns=len(images))

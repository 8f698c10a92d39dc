"""Choosing what to train on: a data set of the catalogue, or one's own pictures; with a look at them."""

from dataclasses import dataclass

import streamlit as st

from ui.plain_words import told
from ui.train.crop import choose_frame, show_examples
from ui.train.download_button import download_on_request
from ui.train.own_data import choose_own
from vae_core.config import Crop
from vae_core.datasets.availability import present, unavailable
from vae_core.datasets.catalogue import CATALOGUE
from vae_core.errors import DatasetError
from vae_core.uploads.treatment import Treatment

SHOWN, COLUMNS = 24, 12
SKIPPED_SHOWN = 200
CATALOGUE_KIND, OWN_KIND = "Catalogue", "Your own"


@dataclass(frozen=True)
class Look:
    """What a data set is like, found by reading it."""

    images: int
    image_size: int
    channels: int
    class_counts: dict[str, int]
    sheet: bytes  # a PNG of the first images of every class
    skipped: list[tuple[str, str]]
    notes: list[tuple[str, str]]
    treatment: Treatment


@dataclass(frozen=True)
class ChosenData:
    """A data set to train on, and its name for a title."""

    source: str
    title: str
    crop: Crop
    look: Look


def choose_data() -> ChosenData | None:
    """Shows the choice and a look at what was chosen; None until there is something to train on.

    What was chosen outlives a look at another page, and stands in the address.
    """
    kind = st.segmented_control(
        "Data",
        [CATALOGUE_KIND, OWN_KIND],
        default=CATALOGUE_KIND,
        required=True,
        key="data",
        bind="query-params",
        persist_state="session",
        label_visibility="collapsed",
    )
    own = kind == OWN_KIND
    source, title = choose_own() if own else _from_catalogue()
    if source is None:
        return None
    try:
        size, channels, crop = choose_frame(source, own=own)
        with st.spinner("Reading the images ...", show_time=True):
            look = look_at(source, size, channels, crop)
        _show(look)
        if own:
            show_examples(source, look.image_size, look.channels, crop, look.treatment)
    except DatasetError as error:
        st.error(told(error), title="These images cannot be used", icon=":material/error:")
        return None
    return ChosenData(source, title, crop, look)


def _from_catalogue() -> tuple[str | None, str]:
    missing = {name: reason for name in CATALOGUE if (reason := unavailable(name)) is not None}
    name = st.selectbox(
        "Data set",
        [name for name in CATALOGUE if name not in missing],
        index=0,
        format_func=lambda name: CATALOGUE[name].title,
        key="set",
        bind="query-params",
        persist_state="session",
        help=" ".join(["Digits and sprites come with the software.", *missing.values()]),
    )
    if present(name):
        return name, name
    download_on_request(CATALOGUE[name])
    return None, ""


@st.cache_data(max_entries=16, show_spinner=False)
def look_at(source: str, image_size: int | None, channels: int | None, crop: Crop) -> Look:
    """Reads a data set and describes it."""
    import torch

    from vae_core.datasets.loading import load_dataset
    from vae_core.films.sheets import contact_sheet

    dataset = load_dataset(source, image_size=image_size, channels=channels, crop=crop)
    counts = dataset.labels.bincount(minlength=len(dataset.class_names)).tolist()
    order = torch.argsort(dataset.labels, stable=True)
    chosen = order[torch.linspace(0, len(order) - 1, min(SHOWN, len(order))).long()]
    return Look(
        images=len(dataset),
        image_size=dataset.image_size,
        channels=dataset.channels,
        class_counts=dict(zip(dataset.class_names, counts, strict=True)),
        sheet=contact_sheet(dataset.batch(chosen).numpy(), columns=COLUMNS),
        skipped=[(file.name, file.reason) for file in dataset.report.skipped],
        notes=[(file.name, file.note) for file in dataset.report.notes],
        treatment=dataset.treatment,
    )


def _show(look: Look) -> None:
    st.image(look.sheet, width="stretch")
    colour = "grey" if look.channels == 1 else "colour"
    classes = len(look.class_counts)
    st.caption(
        f"{look.images:,} images of {look.image_size} × {look.image_size} px, {colour}"
        + (f", {classes} classes" if classes > 1 else "")
    )
    if classes > 1:
        with st.expander("Images of each class"):
            st.dataframe(
                {"class": list(look.class_counts), "images": list(look.class_counts.values())},
                hide_index=True,
                width="stretch",
            )
    for files, words in ((look.skipped, "left out"), (look.notes, "changed")):
        if files:
            with st.expander(f"{len(files):,} file{'s' * (len(files) > 1)} {words}", icon=":material/warning:"):
                names, reasons = zip(*files[:SKIPPED_SHOWN], strict=True)
                st.dataframe({"file": names, "why": reasons}, hide_index=True, width="stretch")

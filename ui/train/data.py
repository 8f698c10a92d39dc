"""Choosing what to train on: a data set of the catalogue or one's own images, with a look at them."""

from dataclasses import dataclass

import streamlit as st

from ui.plain_words import told
from ui.train.crop import choose_frame, show_examples
from ui.train.download_button import download_on_request
from ui.train.own_data import choose_own
from ui.train.waiting import look_at
from vae_core.config import Crop
from vae_core.data.look import Look, Request
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.data.named.locations import present, unavailable
from vae_core.errors import DatasetError

CATALOGUE_KIND, OWN_KIND = "From the catalogue", "Your own"
LINES_SHOWN = 200
NOTES_IN_SIGHT = 4


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
        look = look_at(Request(source, size, channels, crop))
    except DatasetError as error:
        st.error(told(error), title="These images cannot be used", icon=":material/error:")
        return None
    if look is None:
        return None
    _show(look)
    show_examples(look)
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


def _show(look: Look) -> None:
    classes = len(look.classes)
    st.image(look.sheet, width="stretch", alt="Some of the images")
    st.caption(
        f"{look.train + look.test:,} images, {look.test:,} of them for testing; {look.image_size} × {look.image_size} "
        f"px, {'grey' if look.channels == 1 else 'colour'}" + (f", {classes:,} classes." if classes > 1 else ".")
    )
    for note in look.notes[:NOTES_IN_SIGHT]:
        st.caption(f":material/info: {told(note)}")
    if classes > 1:
        with st.expander("Images of each class"):
            st.dataframe(
                {"class": list(look.classes), "images": list(look.classes.values())},
                hide_index=True,
                width="stretch",
            )
    _list(look.notes[NOTES_IN_SIGHT:], "more to know", "what")
    _list(look.skipped, f"file{'s' * (len(look.skipped) > 1)} left out", "file, and why")


def _list(lines: tuple[str, ...], words: str, heading: str) -> None:
    if not lines:
        return
    with st.expander(f"{len(lines):,} {words}", icon=":material/warning:"):
        st.dataframe({heading: lines[:LINES_SHOWN]}, hide_index=True, width="stretch")
        if len(lines) > LINES_SHOWN:
            st.caption(f"… and {len(lines) - LINES_SHOWN:,} more.")

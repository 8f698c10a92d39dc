"""Choosing what to train on: a data set of the catalogue or one's own images, how they are framed, with a look."""

import time
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ui.plain_words import told
from ui.train.own_data import choose_own, tell_of_gone
from ui.train.waiting import look_at
from vae_core.config import Crop
from vae_core.data.look import Look, Request
from vae_core.data.named.catalogue import CATALOGUE, CatalogueEntry
from vae_core.data.named.downloads import download
from vae_core.data.named.locations import data_roots, present, unavailable
from vae_core.data.shelves import Shelf
from vae_core.errors import DatasetError
from vae_core.progress import Progress
from vae_core.runs.report import duration

CATALOGUE_KIND, OWN_KIND = "From the catalogue", "Your own"
WHENCE = "Digits and sprites come with the software; letters and emoji are drawn from this machine's fonts."
LINES_SHOWN = 200
NOTES_IN_SIGHT = 4
SUGGESTED = "suggested"
SIDES = (8, 16, 28, 32, 64, 128)
POSSIBLE_SIDES = frozenset(str(side) for side in range(8, 129, 4))
COLOURS = {"as they are": None, "grey": 1, "colour": 3}
CROPS: dict[Crop, str] = {"middle": "middle square", "padded": "whole picture, padded"}
COLUMNS = 2  # of examples
MEGABYTE = 1e6


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
    tell_of_gone()
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
        size, channels, crop = _choose_frame(source, own=own)
        look = look_at(Request(source, size, channels, crop))
    except DatasetError as error:
        st.error(told(error, Path(source).name), title="These images cannot be used", icon=":material/error:")
        return None
    if look is None:
        return None
    _show(look)
    _show_examples(look)
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
        help=" ".join([WHENCE, *missing.values()]),
    )
    if present(name):
        return name, name
    _download_on_request(CATALOGUE[name])
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


def _choose_frame(source: str, *, own: bool) -> tuple[int | None, int | None, Crop]:
    """Size and channels, None for what the images suggest; and the crop, where it makes a difference.

    Raises DatasetError where one's own folder cannot be opened.
    """
    crop: Crop | None = "middle"
    sides = {SUGGESTED: None, **{side_words(side): side for side in sorted({*SIDES, *_asked_side()})}}
    with st.container(horizontal=True):
        size = st.selectbox(
            "Size",
            list(sides),
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
    return sides[size], COLOURS[channels], crop or "middle"


def side_words(side: int) -> str:
    """A size as it is offered."""
    return f"{side} × {side} px"


def _asked_side() -> list[int]:
    """A size that a model has which is trained again, be it none of those that are offered."""
    words = str(st.session_state.get("size") or st.query_params.get("size", ""))
    side = words.partition(" ")[0]
    return [int(side)] if side in POSSIBLE_SIDES and words == side_words(int(side)) else []


def _show_examples(look: Look) -> None:
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


def _download_on_request(entry: CatalogueEntry) -> None:
    """A button that downloads a data set, with progress and a stop; the page begins anew when it is there."""
    st.caption(f"{entry.description} Not on this machine yet.")
    place = st.empty()
    size = f"{entry.download_bytes / MEGABYTE:,.0f} MB"
    if not place.button(f"Download {size}", type="primary", icon=":material/download:"):
        return
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, "Downloading …")
        # Any click begins the page anew, which ends this one at its next word; what has come stays.
        st.button("Stop", help="What has come is kept: the next download goes on from there.")
    began, first = time.monotonic(), 0.0

    def show(progress: Progress) -> None:
        nonlocal first
        first = first or progress.done
        share = min(1.0, progress.done / progress.total) if progress.total else 0.0
        gone = (progress.done - first) / progress.total if progress.total else 0.0
        left = (time.monotonic() - began) * (1 - share) / gone if gone > 0 else None
        bar.progress(share, _download_words(progress, left))

    try:
        download(entry.name, data_roots(None), show)
    except DatasetError as error:
        st.error(told(error), title=f"{entry.title} could not be downloaded", icon=":material/error:")
    else:
        st.rerun()


def _download_words(progress: Progress, left: float | None) -> str:
    in_bytes = progress.total > 1  # an unpacking is told as a share
    words = (
        f"{progress.stage}: {progress.done / MEGABYTE:,.0f} of {progress.total / MEGABYTE:,.0f} MB"
        if in_bytes
        else progress.stage
    )
    return words if left is None else f"{words}, about {duration(left)} left"

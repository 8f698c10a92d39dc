"""Data sets of the catalogue that are not on this machine: downloaded when somebody says so."""

import time

import streamlit as st

from ui.plain_words import told
from vae_core.data.named.catalogue import CatalogueEntry
from vae_core.data.named.downloads import download
from vae_core.data.named.locations import data_roots
from vae_core.errors import DatasetError
from vae_core.progress import Progress
from vae_core.runs.report import duration

MEGABYTE = 1e6


def download_on_request(entry: CatalogueEntry) -> None:
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
        bar.progress(share, _words(progress, left))

    try:
        download(entry.name, data_roots(None), show)
    except DatasetError as error:
        st.error(told(error), title=f"{entry.title} could not be downloaded", icon=":material/error:")
    else:
        st.rerun()


def _words(progress: Progress, left: float | None) -> str:
    in_bytes = progress.total > 1  # an unpacking is told as a share
    words = (
        f"{progress.stage}: {progress.done / MEGABYTE:,.0f} of {progress.total / MEGABYTE:,.0f} MB"
        if in_bytes
        else progress.stage
    )
    return words if left is None else f"{words}, about {duration(left)} left"

"""A model given away: the forms that others can use, how large each is, and its download."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlencode

import streamlit as st

from serving.collection_routes import DOWNLOAD, SITE_ADDRESS
from serving.public_demo import read_only
from serving.public_files import MODELS_ADDRESS
from ui.models.deeds import forget_wish
from ui.models.push import offer_pushing
from ui.plain_words import literal, told
from vae_core.collection.records import ModelRecord
from vae_core.errors import UserError
from vae_core.explorer_files.pair_description import left_behind
from vae_core.sharing.checkpoint_files import checkpoint_parcel, hub_parcel
from vae_core.sharing.onnx_pair import onnx_parcel
from vae_core.sharing.parcel import Parcel, megabytes
from vae_core.sharing.static_site import site_parcel

# The look of a button of the page, for what st.html shows has none.
STYLE = """<style>
.gift a {display: inline-block; padding: .3rem .8rem; border-radius: .5rem; text-decoration: none; color: inherit;
  border: 1px solid color-mix(in srgb, currentColor 30%, transparent)}
.gift a:hover, .gift a:focus-visible {border-color: currentColor}
</style>"""


@dataclass(frozen=True)
class _Form:
    title: str
    words: str
    make: Callable[[Path], Parcel]
    address: str  # below the model's own


FORMS = (
    _Form(
        "ZIP",
        "All of the model with its map, for another Latent Explorer: bring it there on the Models page.",
        checkpoint_parcel,
        DOWNLOAD,
    ),
    _Form(
        "ONNX pair",
        "decoder.onnx and encoder.onnx, for onnxruntime in any language, as the browser explores with them: in half "
        "precision where no image shows it. A small model.json says what they take.",
        onnx_parcel,
        f"{DOWNLOAD}/onnx",
    ),
    _Form(
        "Hugging Face folder",
        "The same files with a card whose licence and data set are left to fill in.",
        hub_parcel,
        f"{DOWNLOAD}/huggingface",
    ),
)


@st.dialog("Give away", icon=":material/redeem:", width="medium", on_dismiss=forget_wish)
def give_away(record: ModelRecord, others: list[ModelRecord]) -> None:
    """Each form with what it is for; a site holds others as well where they are chosen."""
    st.html(STYLE)
    st.markdown(f"{literal(record.title)}, without the state of its training and without places on this machine.")
    base = f"{MODELS_ADDRESS}{quote(record.name)}/"
    for form in FORMS:
        words = [form.words, *(left_behind(record.summary.model) if form.make is onnx_parcel else [])]
        make = partial(form.make, record.summary.path)
        _show(form.title, " ".join(words), base + form.address, make)
    if not read_only():
        offer_pushing(record)
    _show_site(record, [other for other in others if other.summary.explorer_manifest is not None])


def _show(title: str, words: str, address: str, make: Callable[[], Parcel]) -> None:
    try:
        size = megabytes(make().size)
    except (UserError, OSError) as error:
        st.markdown(f"**{title}**: {told(error)}")
        return
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.markdown(f"**{title}**, {size}  \n{words}")
    label = html.escape(f"Download the {title}")
    link = f'<a href="{html.escape(address)}" aria-label="{label}" download>Download</a>'
    right.html(f'<div class="gift">{link}</div>')


def _show_site(record: ModelRecord, mapped: list[ModelRecord]) -> None:
    """Of this model, and of others whose names do not clash: all models of one folder have names of their own."""
    titles = {other.name: other.title for other in mapped if other.name != record.name}
    place, chosen = st.container(), list[str]()
    if titles and record.summary.explorer_manifest is not None:
        chosen = st.multiselect(
            "Other models on the same site",
            list(titles),
            format_func=lambda name: titles[name],
            key=f"site with {record.name}",
        )
    paths = {other.name: other.summary.path for other in mapped} | {record.name: record.summary.path}
    names = [record.name, *chosen]
    with place:
        _show(
            "Static site",
            "Explore and Interpolate as here, for any web server and any sub-path; it needs no Python.",
            f"{SITE_ADDRESS}?{urlencode([('model', name) for name in names])}",
            lambda: site_parcel([paths[name] for name in names]),
        )

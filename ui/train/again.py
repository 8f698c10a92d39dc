"""Training a model again: the Train page filled in with its images and with every setting as it was."""

import zlib

import streamlit as st

from ui.train.data_choice import CATALOGUE_KIND, COLOURS, CROPS, OWN_KIND, SUGGESTED, side_words
from ui.train.own_data import CHOSEN, name_of
from vae_core.checkpoint.layout import CheckpointSummary
from vae_core.checkpoint.listing import find_checkpoint
from vae_core.data.library import source_of
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.errors import CheckpointError
from vae_core.runs.presets import SAME, Preset, preset_of

MODEL = "again"  # whose settings they are: in the address, and for as long as the visit lasts
SUGGESTED_FOR = "images that the preset was suggested for"


def fill_in(summary: CheckpointSummary) -> None:
    """Opens the Train page with what this model was made of, which has to be at hand.

    The address says what the fields begin with, as each field writes it; what they were before is forgotten.
    """
    model, training, state = summary.model, summary.training, st.session_state
    entry, source = CATALOGUE.get(training.data), source_of(training.data)
    native = entry is not None and (entry.image_size, entry.channels) == (model.image_size, model.channels)
    colours = {count: words for words, count in COLOURS.items()}
    address = {
        "data": CATALOGUE_KIND if entry else OWN_KIND,
        "size": SUGGESTED if native else side_words(model.image_size),
        "colour": colours[None] if native else colours[model.channels],
        "preset": SAME,
        MODEL: summary.name,
    }
    if entry is not None:
        address["set"] = entry.title
    elif source is not None:
        address |= {CHOSEN: name_of(source), "crop": CROPS[training.crop]}
    key = fields_key(preset_of(summary), training.data, model.image_size, model.channels)
    for field in [field for field in state if field in address or str(field).endswith(f"-{key}")]:
        del state[field]
    state.pop(SUGGESTED_FOR, None)  # else the suggestion for other images takes the preset's place
    st.switch_page(state["train page"], query_params=address)


def fields_key(preset: Preset, source: str, image_size: int, channels: int) -> str:
    """Of the settings' fields: another preset or data set fills each anew.

    It stands in the address, where no path of this machine is to stand.
    """
    named = f"{preset.name} {preset.model_name}".rstrip()
    return f"{zlib.crc32(f'{named} {source} {image_size} {channels}'.encode()):08x}"


def settings_again() -> Preset | None:
    """The settings of the model that is to be trained again, as a preset beside the others; None where there is none.

    The address names the model, so that a page that is loaded anew is the same.
    """
    name = st.query_params.get(MODEL) or st.session_state.get(MODEL)
    if name is None:
        return None
    try:
        summary = find_checkpoint(name)
    except CheckpointError:  # deleted meanwhile
        st.session_state.pop(MODEL, None)
        st.query_params.pop(MODEL, None)
        return None
    st.session_state[MODEL] = name
    if st.query_params.get(MODEL) != name:
        st.query_params[MODEL] = name
    return preset_of(summary)

"""Choosing how to train: a preset, every setting of it, and what it will cost."""

import streamlit as st

from ui.train.data import ChosenData
from ui.train.fields import model_fields, training_fields
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import ConfigError
from vae_core.runs.planning import PRESETS, estimate, memory_left, preset_named, settings, shortage
from vae_core.runs.report import duration
from vae_core.runs.run import list_runs


def choose_settings(data: ChosenData) -> tuple[str, ModelConfig, TrainConfig] | None:
    """The preset's name and the settings; None where they contradict each other."""
    name = st.segmented_control(
        "Preset",
        [preset.name for preset in PRESETS],
        default=PRESETS[0].name,
        required=True,
        label_visibility="collapsed",
    )
    preset = preset_named(name or PRESETS[0].name)
    st.caption(preset.words)
    look = data.look
    model, training = settings(preset, data.source, look.images, look.image_size, look.channels)
    # Another preset or data set fills every field anew.
    key = f"{preset.name} {data.source} {look.image_size} {look.channels}"
    with st.expander("All settings", icon=":material/tune:"):
        left, right = st.columns(2)
        with left:
            model_settings = model_fields(model, key)
        with right:
            training_settings = training_fields(training, key)
    try:
        model = ModelConfig.parse(model.model_dump() | model_settings)
        training = TrainConfig.parse(training.model_dump() | training_settings | {"crop": data.crop})
    except ConfigError as error:
        st.error(str(error), title="These settings don't fit together", icon=":material/error:")
        return None
    _show_cost(model, training, look.images)
    return preset.name, model, training


def _show_cost(model: ModelConfig, training: TrainConfig, images: int) -> None:
    runs = list_runs()
    cost = estimate(model, training, images, runs)
    st.caption(f"About {duration(cost.seconds)} on this machine, and {cost.memory / 1e9:.1f} GB of memory.")
    short = shortage(model, training, images, memory_left())
    if short:
        st.warning(short, icon=":material/memory:")

"""Choosing how to train: a preset, every setting of the two records as a field, and what it will cost.

The fields are made from the records, so that a new setting appears by itself, with its own limits and words.
"""

import math
import re
import types
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from streamlit.delta_generator import DeltaGenerator

from ui.plain_words import told
from ui.train.address_settings import asked_for, forget_chosen
from ui.train.again import SUGGESTED_FOR, fields_key, settings_again
from ui.train.data_choice import ChosenData
from ui.train.variants_sheet import show_variants
from vae_core.augmentation import AUGMENTATION
from vae_core.checked_settings import applies, limits, offered
from vae_core.config import ModelConfig, TrainConfig, title_of
from vae_core.errors import ConfigError
from vae_core.machine import memory_left
from vae_core.runs.planning import estimate, shortage
from vae_core.runs.presets import PRESETS, Chosen, Preset, filled, fitted, settings, suggested_preset
from vae_core.runs.report import duration
from vae_core.runs.run import list_runs
from vae_core.speed import is_measuring, known_speed, measure_in_background

ELSEWHERE = ("data", "crop", "image_size", "channels")  # chosen with the images
A_NUMBER = "a number"
LARGEST_WHOLE = 2**53 - 1  # that a browser holds exactly
# What was chosen outlives a look at another page, and a new page of the same address.
KEPT: Any = {"bind": "query-params", "persist_state": "session"}
GLANCE = 1.0  # seconds between two looks whether the machine is measured


def choose_settings(data: ChosenData) -> Chosen | None:
    """The settings as validated records; None where they contradict each other."""
    look = data.look
    preset = _choose_preset(data)
    about = (data.source, look.train, look.image_size, look.channels)
    model, training = filled(preset, *about, tuple(look.classes))
    asked = asked_for(ModelConfig, ELSEWHERE), asked_for(TrainConfig, ELSEWHERE)
    forget_chosen(asked[0] | asked[1])
    model, training = model | asked[0], training | asked[1]
    key = fields_key(preset, data.source, look.image_size, look.channels)
    places: dict[str, DeltaGenerator] = {}
    variants = st.container()
    with st.expander("Augmentation", icon=":material/shuffle:"):
        for column, names in zip(st.columns(2), (AUGMENTATION[:3], AUGMENTATION[3:]), strict=True):
            with column:
                training |= _fields(TrainConfig, training, key, places, set(TrainConfig.model_fields) - set(names))
    with st.expander("All settings", icon=":material/tune:", expanded=any(asked)):
        left, right = st.columns(2)
        with left:
            model |= _fields(ModelConfig, model, key, places)
        with right:
            training |= _fields(TrainConfig, training, key, places, {*ELSEWHERE, *AUGMENTATION})
    try:
        chosen = settings(preset, *about, model, training | {"crop": data.crop})
    except ConfigError as error:
        words = told(_in_words(str(error)))
        if error.field in places:
            places[error.field].caption(f":red[{words}]")
        st.error(words, title="These settings don't fit together", icon=":material/error:")
        return None
    with variants:
        show_variants(look, chosen.training)
    _show_cost(chosen, look.train)
    return chosen


def _choose_preset(data: ChosenData) -> Preset:
    """What suits these images until something else is chosen for them."""
    shape = data.look.image_size, data.look.channels
    suggested, why = suggested_preset(data.look.train, *shape)
    images = data.source, *shape
    before = st.session_state.get(SUGGESTED_FOR, images)
    st.session_state[SUGGESTED_FOR] = images
    if before != images:
        st.session_state["preset"] = suggested.name
    again = settings_again()
    offered = {preset.name: preset for preset in (*PRESETS, *([again] if again else []))}
    if st.session_state.get("preset", suggested.name) not in offered:
        st.session_state["preset"] = suggested.name  # that model has been deleted meanwhile
    name = st.segmented_control(
        "Preset",
        list(offered),
        default=None if "preset" in st.session_state else suggested.name,
        required=True,
        key="preset",
        bind="query-params",
        persist_state="session",
        label_visibility="collapsed",
    )
    preset = offered[name or suggested.name]
    words = told(fitted(preset, data.look.train, *shape).words)
    st.caption(f"{words} {why}" if preset == suggested else words)
    return preset


def _in_words(sentence: str) -> str:
    """A sentence of the records with the names that stand beside the fields."""
    names = [name for name in ModelConfig.model_fields | TrainConfig.model_fields if "_" in name]
    return re.sub(rf"\b({'|'.join(names)})\b", lambda found: f"“{title_of(found[0])}”", sentence)


def _fields(
    record: type[BaseModel],
    start: Mapping[str, Any],
    key: str,
    places: dict[str, DeltaGenerator],
    skip: Collection[str] = ELSEWHERE,
) -> dict[str, Any]:
    """A field for each setting that applies and is not left to others, beginning with its value in `start`.

    Returns what was chosen; `places` gets an empty place below each.
    """
    chosen: dict[str, Any] = {}
    for name, field in record.model_fields.items():
        default = start.get(name, field.default)
        if name in skip:
            continue
        if not applies(record, name, chosen):
            if field.default is None:
                chosen[name] = None
            continue
        chosen[name] = _field(record, name, field, default, f"{name}-{key}")
        places[name] = st.empty()
    return chosen


def _field(record: type[BaseModel], name: str, field: FieldInfo, value: Any, key: str) -> Any:
    """One setting's field: words to choose from, a number, or a number among words."""
    words, kind = offered(field, _words(field.annotation)), _number_kind(field.annotation)
    title = field.title or name
    explanation = f"{(field.description or title)[0].upper()}{(field.description or title)[1:]}."
    is_number = isinstance(value, int | float)
    if words:
        options = [*words, *([A_NUMBER] if kind else [])]
        begin = options.index(A_NUMBER) if kind and is_number else options.index(value or words[0])
        word = st.selectbox(title, options, begin, key=key, help=explanation, **KEPT)
        if word != A_NUMBER:
            return word
        title, key, value = f"{title}, the number", f"number-of-{key}", value if is_number else None
    return _number(record, name, title, explanation, value, kind or float, key)


def _number(
    record: type[BaseModel], name: str, title: str, explanation: str, value: Any, kind: type, key: str
) -> int | float | None:
    least, greatest = limits(record, name)
    if kind is int:
        top = LARGEST_WHOLE if greatest is None else min(int(greatest), LARGEST_WHOLE)
        return st.number_input(title, int(least or 0), top, min(int(value), top), key=key, help=explanation, **KEPT)
    begin = 0.05 if value is None else float(value)
    return st.number_input(
        title,
        float(least or 0),
        None if greatest is None else float(greatest),
        begin,
        step=10.0 ** (math.floor(math.log10(begin)) - 1) if begin else 0.1,
        format="%g",
        key=key,
        help=explanation,
        **KEPT,
    )


def _parts(annotation: Any) -> list[Any]:
    """What a setting's type is made of."""
    if get_origin(annotation) in (Union, types.UnionType):
        return [part for choice in get_args(annotation) for part in _parts(choice)]
    return _parts(get_args(annotation)[0]) if get_origin(annotation) is Annotated else [annotation]


def _words(annotation: Any) -> list[str]:
    return [word for part in _parts(annotation) if get_origin(part) is Literal for word in get_args(part)]


def _number_kind(annotation: Any) -> type | None:
    return next((part for part in _parts(annotation) if part in (int, float)), None)


def _show_cost(chosen: Chosen, images: int) -> None:
    """What a run will take; while this machine is being measured, it says so and looks again by itself."""
    if known_speed() is None and not any(run.alive for run in list_runs()):
        measure_in_background()
    waiting = is_measuring()
    st.fragment(_cost, run_every=GLANCE if waiting else None)(chosen, images, waiting)


def _cost(chosen: Chosen, images: int, waiting: bool) -> None:
    if waiting and not is_measuring():
        st.rerun()
    cost = estimate(chosen, images, list_runs())
    words = f"About {duration(cost.seconds)} on this machine, and {cost.memory / 1e9:.1f} GB of memory."
    if waiting:
        words += " Measuring this machine …"
    st.caption(words)
    short = shortage(chosen, images, memory_left())
    if short:
        st.warning(short, icon=":material/memory:")

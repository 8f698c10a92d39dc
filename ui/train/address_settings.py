"""Settings that an address asks for, as the links of the lessons do: `?prior=flow&latent_dim=16`."""

import math
from collections.abc import Collection
from contextlib import suppress
from typing import Any

import streamlit as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from vae_core.checked_settings import offered

SEEN = "settings that the address has asked for"


def asked_for(record: type[BaseModel], skip: Collection[str]) -> dict[str, Any]:
    """By name; what is no setting or no value of one is left out."""
    found: dict[str, Any] = {}
    for name, field in record.model_fields.items():
        text = st.query_params.get(name)
        if text is None or name in skip:
            continue
        with suppress(ValidationError):
            value = TypeAdapter(field.rebuild_annotation()).validate_strings(text)
            if isinstance(value, float) and not math.isfinite(value):
                continue  # no field shows it
            if not isinstance(value, str) or offered(field, [value]):
                found[name] = value
    return found


def forget_chosen(asked: dict[str, Any]) -> None:
    """What was chosen before in the fields of settings that another address asks for now; once for each address."""
    state = st.session_state
    if not asked or state.get(SEEN) == asked:
        return
    state[SEEN] = asked
    begins = tuple(f"{start}{name}-" for name in asked for start in ("", "number-of-"))
    for key in [key for key in state if str(key).startswith(begins)]:
        del state[key]

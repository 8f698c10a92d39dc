"""Which models are compared: picked by hand, or named by the address as `?models=a,b`."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.plain_words import literal, one_line_of
from vae_core.collection.comparison import MOST
from vae_core.collection.records import ModelRecord

ADDRESS = "models"
PICKED = "compared models"
TOLD = "models as the address names them"


def choose_models(records: dict[str, ModelRecord], notes: DeltaGenerator) -> list[ModelRecord]:
    """The picker, and what is picked in its order; a name in the address that is none of the models is told of below.

    All at once cannot be picked: there may be more than can be compared.
    """
    with notes:
        _heed_address(records)
    names = st.multiselect(
        "Models",
        list(records),
        key=PICKED,
        format_func=lambda name: name_of(records[name]),
        max_selections=MOST,
        select_all=False,
        placeholder="Choose two to four models",
        label_visibility="collapsed",
    )
    if names != st.session_state.get(TOLD):
        st.session_state[TOLD] = names
        st.query_params[ADDRESS] = address_of(names)
    return [records[name] for name in names]


def name_of(record: ModelRecord) -> str:
    """A model's title, with its folder's name where that is another."""
    return one_line_of(record.title if record.title == record.name else f"{record.title} ({record.name})")


def address_of(names: list[str]) -> str | list[str]:
    """What follows `?models=`: names with commas between them, or one each where a name has a comma itself."""
    return names if any("," in name for name in names) else ",".join(names)


def _heed_address(records: dict[str, ModelRecord]) -> None:
    """Takes over what the address says when it says something new; models that have gone are left out, and told of."""
    state = st.session_state
    wanted = _wanted(_named(st.query_params.get_all(ADDRESS), records), state.get(TOLD) or [])
    gone = [name for name in wanted if name not in records]
    there = [name for name in wanted if name in records]
    state[PICKED] = there[:MOST]
    if gone:
        st.warning(
            f"Left out, for there is no such model here: {', '.join(map(literal, gone))}", icon=":material/warning:"
        )
    if len(there) > MOST:
        st.info(f"{MOST} models at most are compared at once: these are the first {MOST}.")


def _wanted(asked: list[str], told: list[str]) -> list[str]:
    """What is to be picked, by what the address asks for and what it was last told."""
    if PICKED not in st.session_state:  # the page has just been opened: what was compared last is compared again
        return asked or told
    picked: list[str] = st.session_state[PICKED]
    # A pick comes first: the address may not have been told yet of the one before. Else it may have been gone back to.
    return picked if picked != told else asked


def _named(words: list[str], records: dict[str, ModelRecord]) -> list[str]:
    """The names in an address, each once."""
    names = [name for word in words for name in ([word] if word in records else word.split(","))]
    return list(dict.fromkeys(name for name in names if name))

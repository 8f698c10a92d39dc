"""Models: all as cards or rows; opened, titled, trained again, mapped anew, deleted, brought back; and new ones."""

from typing import get_args

import streamlit as st

from serving.public_demo import read_only
from ui.compare.choice import ADDRESS, address_of
from ui.model_picker import show_ways_to_a_model
from ui.models.bring import is_open, offer_bringing, show_bringing
from ui.models.cards import show_alone, show_cards, show_gone
from ui.models.deeds import AGAIN, COMPARE, DELETE, EDIT, GIVE, delete_model, forget_wish, ghosts, wish
from ui.models.dialogs import cannot_train_again, edit, map_anew
from ui.models.giving import give_away
from ui.models.images_at_hand import hinders_training
from ui.models.table import show_table
from ui.models.trash_section import show_trash
from ui.plain_words import literal, told
from ui.train.again import fill_in
from vae_core.collection.changes import Deleted, trash
from vae_core.collection.comparison import FEWEST, MOST
from vae_core.collection.records import Collection, ModelRecord, Order, chosen, find_collection

CARDS, TABLE = "Cards", "Table"
PROBLEMS_SHOWN = 50


def show_page() -> None:
    """What was asked for is done first, so that everything below shows how it is now."""
    changeable = not read_only()
    found = find_collection()
    wished = wish() if changeable else None
    record = found.records.get(wished[1]) if wished else None
    if wished and record is not None and wished[0] == DELETE:
        delete_model(record)
        found = find_collection()
    deleted = trash() if changeable else []
    _show_models(found, deleted, changeable=changeable)
    _show_problems(found)
    if changeable:
        show_trash(deleted)
    if wished and record is not None and wished[0] != DELETE:
        _fulfil(wished[0], record, list(found.records.values()))
    else:
        forget_wish()


def _show_models(found: Collection, deleted: list[Deleted], *, changeable: bool) -> None:
    """The heading with the search, and what it finds."""
    gone = {name: entry for name, entry in ghosts(deleted).items() if name not in found.records}
    records = [*found.records.values(), *(record for record, _ in gone.values())]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown("#### Models", width="content")
        if records:
            search, order, view = _choose()
        if len(found.records) >= FEWEST:
            _lead_to_compare("Compare", [])
        if changeable:
            offer_bringing()
    if changeable and is_open():
        show_bringing()
    if not records:
        _show_empty()
        return
    shown = chosen(records, search, order)
    if not shown:
        st.caption(f"None of {len(records):,} models has {literal(search)} in its title, name, data or notes.")
        return
    in_trash = {name: entry[1] for name, entry in gone.items()}
    if view == TABLE:
        _show_table(shown, in_trash)
    else:
        show_cards(shown, in_trash)


def _choose() -> tuple[str, Order, str]:
    search = st.text_input(
        "Search",
        placeholder="Title, name, data, notes",
        key="search",
        icon=":material/search:",
        bind="query-params",
        persist_state="session",
        width=280,
    )
    order: Order = st.selectbox(
        "Sort by",
        get_args(Order),
        help="ELBO: within each data set, the best first; those of different data do not compare.",
        key="sort",
        bind="query-params",
        persist_state="session",
        width=140,
    )
    view = st.segmented_control(
        "Shown as",
        [CARDS, TABLE],
        default=CARDS,
        required=True,
        key="shown",
        bind="query-params",
        persist_state="session",
    )
    return search, order, view or CARDS


def _show_table(shown: list[ModelRecord], gone: dict[str, Deleted]) -> None:
    for deleted in gone.values():
        show_gone(deleted)
    picked = show_table([record for record in shown if record.name not in gone])
    if not picked:
        st.caption("Choose a row to open that model or to change it, two to four to compare them.")
    elif len(picked) == 1:
        show_alone(picked[0])
    elif len(picked) <= MOST:
        _lead_to_compare(f"Compare these {len(picked)}", [record.name for record in picked])
    else:
        st.caption(f"{MOST} models at most are compared at once: {len(picked)} rows are chosen.")


def _lead_to_compare(label: str, names: list[str]) -> None:
    query = {ADDRESS: address_of(names)} if names else None
    st.page_link(st.session_state["compare page"], label=label, icon=":material/compare:", query_params=query)


def _show_problems(found: Collection) -> None:
    """The checkpoints that cannot be read, out of the way but named with their reasons."""
    if not found.problems:
        return
    count = len(found.problems)
    with st.expander(f"{count:,} folder{'s' * (count > 1)} left out", icon=":material/warning:"):
        for problem in list(found.problems.values())[:PROBLEMS_SHOWN]:
            st.markdown(told(problem))
        if count > PROBLEMS_SHOWN:
            st.caption(f"… and {count - PROBLEMS_SHOWN:,} more: `python -m vae_core models` names them.")


def _show_empty() -> None:
    if read_only():
        st.markdown("This demo shows models that others have trained, and there is none yet. Come back later.")
    else:
        st.markdown("No model yet.")
        show_ways_to_a_model()


def _fulfil(deed: str, record: ModelRecord, all_records: list[ModelRecord]) -> None:
    """A dialog, or the Train page."""
    if deed == EDIT:
        edit(record)
    elif deed == AGAIN:
        reason = hinders_training(record.summary)
        if reason is None:
            forget_wish()
            fill_in(record.summary)
        else:
            cannot_train_again(record, reason)
    elif deed == COMPARE:
        forget_wish()
        st.switch_page(st.session_state["compare page"], query_params={ADDRESS: address_of([record.name])})
    elif deed == GIVE:
        give_away(record, all_records)
    else:
        map_anew(record)


show_page()

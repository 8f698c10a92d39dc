"""The models as cards: pictures of what each draws, what is known of it, and what can be done with it."""

import streamlit as st

from serving.mappings import MAPPINGS, Mapping
from serving.public_demo import read_only
from ui.models.deeds import AGAIN, COMPARE, DELETE, EDIT, GIVE, ICONS, MAP, hide_ghost, remember_wish, restore_model
from ui.models.facts import STYLE, card_html
from ui.plain_words import literal, told
from vae_core.collection.changes import Deleted
from vae_core.collection.records import ModelRecord
from vae_core.runs.report import duration

CARDS_A_PAGE = 12  # more, and a browser takes its time to draw them
GLANCE = 1.0  # seconds between two looks at how far a map is
GRID = (
    "<style>.st-key-models {display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 18.5rem), 1fr));"
    "align-items: stretch}</style>"
)


def show_cards(records: list[ModelRecord], gone: dict[str, Deleted]) -> None:
    """A card each, in their order; of those that are `gone`, the word and the way back."""
    st.html(GRID + STYLE)
    pages = max(1, -(-len(records) // CARDS_A_PAGE))
    page = 1
    if pages > 1:
        below = st.container()
        page = st.pagination(pages, key="page", bind="query-params")
        with below:
            _show(records[(page - 1) * CARDS_A_PAGE : page * CARDS_A_PAGE], gone)
    else:
        _show(records, gone)


def show_alone(record: ModelRecord) -> None:
    """One card by itself."""
    st.html(STYLE)
    with st.container(border=True, width=420):
        show_card(record, changeable=not read_only())


def _show(records: list[ModelRecord], gone: dict[str, Deleted]) -> None:
    changeable = not read_only()
    with st.container(key="models"):
        for record in records:
            with st.container(border=True, gap="xsmall"):
                if record.name in gone:
                    show_gone(gone[record.name])
                else:
                    show_card(record, changeable=changeable)


def show_card(record: ModelRecord, *, changeable: bool) -> None:
    """One model. Below its facts, how far its map is while one is drawn."""
    st.html(card_html(record))
    if (mapping := MAPPINGS.of(record.summary.path)) is not None and changeable:
        show_mapping(record, mapping)
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
        if record.summary.explorer_manifest is None:
            st.caption("No map yet: with one it can be explored.")
        else:
            for page in ("explore", "interpolate"):
                st.page_link(
                    st.session_state[f"{page} page"],
                    label=page.capitalize(),
                    icon="",
                    query_params={"model": record.name},
                    help=f"Open {literal(record.title)}",
                )
        if changeable:
            key = f"deeds {record.name}"
            st.menu_button(
                "More",
                [COMPARE, EDIT, AGAIN, MAP, GIVE, DELETE],
                key=key,
                format_func=lambda deed: f"{ICONS[deed]} {deed}",
                on_click=remember_wish,
                args=(key, record.name),
                type="tertiary",
            )


def show_gone(deleted: Deleted) -> None:
    """Where a card was that has just been deleted."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{literal(deleted.title)} is in the trash.", width="stretch")
        key = deleted.place
        st.button("Undo", key=f"undo {key}", icon=":material/undo:", on_click=restore_model, args=(deleted,))
        st.button("Hide", key=f"hide {key}", on_click=hide_ghost, args=(deleted.name,), type="tertiary")


def show_mapping(record: ModelRecord, mapping: Mapping) -> None:
    """How far a model's map is, with a stop; or why there is no new one."""
    if mapping.done:
        st.error(told(mapping.problem or ""), title="The map could not be drawn", icon=":material/error:")
        st.button(
            "Close", key=f"seen {record.name}", on_click=MAPPINGS.forget, args=(record.summary.path,), type="tertiary"
        )
    else:
        _watch(record.name, mapping)


@st.fragment(run_every=GLANCE)
def _watch(name: str, mapping: Mapping) -> None:
    if mapping.done:
        st.rerun()
    left = mapping.seconds_left
    words = mapping.progress.stage + (f", about {duration(left)} left in this step" if left is not None else "")
    st.progress(mapping.share, told(words))
    st.button("Stop", key=f"stop mapping {name}", icon=":material/stop:", on_click=mapping.stop)

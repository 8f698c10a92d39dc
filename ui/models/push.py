"""A model pushed to a repository of one's own on the Hugging Face hub, by the token that is typed in."""

from functools import partial
from pathlib import Path

import streamlit as st

from serving.pushings import Pushing
from ui.models.work_under_way import has_ended
from ui.plain_words import literal, told
from vae_core.collection.records import ModelRecord
from vae_core.errors import SharingError
from vae_core.sharing.publication import Publication

PUSHING = "the model that is pushed"  # (name, Pushing)
PROBLEM = "why a model is not pushed"
REPOSITORY, TOKEN, LICENCE, DATASET, PUBLIC = (
    f"push {what}" for what in ("repository", "token", "licence", "dataset", "public")
)


def offer_pushing(record: ModelRecord) -> None:
    """What the hub is to be told; then how far it is, and where the model is."""
    name, pushing = st.session_state.get(PUSHING, ("", None))
    under_way = pushing is not None and name == record.name
    problem = st.session_state.pop(PROBLEM, None)
    with st.expander(
        "Push it to Hugging Face", icon=":material/cloud_upload:", expanded=under_way or problem is not None
    ):
        if not under_way:
            _ask(record, problem)
        elif has_ended(pushing, pushing.stop):
            _show_end(pushing)


def _ask(record: ModelRecord, problem: str | None) -> None:
    with st.form(f"push {record.name}", border=False):
        st.text_input(
            "Repository",
            key=REPOSITORY,
            placeholder="owner/name",
            help="It is made where there is none; one that is there is renewed, and keeps its card.",
        )
        st.text_input(
            "Token",
            key=TOKEN,
            type="password",
            autocomplete="off",
            help="Your own, with the right to write, from the settings of your account on the hub. It is used for this "
            "and forgotten.",
        )
        left, right = st.columns(2)
        left.text_input("Licence", key=LICENCE, placeholder="mit, cc-by-4.0, …", help="As the hub writes it.")
        right.text_input("Data set", key=DATASET, placeholder="owner/name", help="On the hub, where it has it.")
        st.checkbox("Everybody may see it", key=PUBLIC, help="Otherwise you alone, until you change it on the hub.")
        st.form_submit_button(
            "Push",
            icon=":material/cloud_upload:",
            type="primary",
            on_click=_push,
            args=(record.name, record.summary.path),
        )
    if problem is not None:
        st.error(told(problem), icon=":material/error:")


def _push(name: str, folder: Path) -> None:
    """The token goes to the process that pushes, and stays nowhere else."""
    token: str = st.session_state[TOKEN]
    try:
        if not token.strip():
            raise SharingError("A token is missing: it says to the hub who you are.")
        wish = Publication.checked(
            folder=str(folder.resolve()),
            repository=st.session_state[REPOSITORY],
            token=token,
            licence=st.session_state[LICENCE],
            dataset=st.session_state[DATASET],
            public=st.session_state[PUBLIC],
        )
    except SharingError as error:
        st.session_state[PROBLEM] = str(error)
        return
    st.session_state[TOKEN] = ""
    st.session_state[PUSHING] = name, Pushing(wish)


def _show_end(pushing: Pushing) -> None:
    if pushing.address is not None:
        words = f"The model is at [{literal(pushing.repository)}]({pushing.address})."
        st.success(words, icon=":material/check_circle:")
    elif pushing.problem is not None:
        st.error(told(pushing.problem), title="The model was not pushed", icon=":material/error:")
    else:
        st.info("Pushing was stopped.", icon=":material/stop_circle:")
    st.button("Push again", icon=":material/refresh:", on_click=partial(st.session_state.pop, PUSHING, None))

"""Choosing the model that a page shows: by its address, by hand, and what to do where there is none."""

import streamlit as st

from serving.models import ExplorableModel, Models, find_models
from ui.model_words import one_line
from vae_core.checkpoint.layout import checkpoints_root
from vae_core.runs.report import unfinished_words

SEGMENTS = 6  # more models than this are picked from a list


def choose_model(heading: str) -> ExplorableModel | None:
    """One row with the page's heading, the picker and the model in words; None where there is no model."""
    models = find_models()
    requested = st.query_params.get("model")
    opened = models.opened_by(requested)
    if opened is None:
        show_nothing_to_explore(models)
        return None
    if requested is not None and requested != opened:
        show_unknown_model(requested, opened, models)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"#### {heading}", width="content")
        name = pick_model(models, opened)
        st.caption(one_line(models.explorable[name].summary), width="content")
        if models.problems:
            show_problems(models)
    return models.explorable[name]


def pick_model(models: Models, opened: str) -> str:
    """The picked model's name, kept in the page's address as `?model=`."""
    names = list(models.explorable)
    if len(names) <= SEGMENTS:
        picked = st.segmented_control(
            "Model",
            names,
            default=models.opened_by(None),
            required=True,
            key="model",
            bind="query-params",
            persist_state="session",
            label_visibility="collapsed",
        )
    else:
        picked = st.selectbox(
            "Model",
            names,
            index=names.index(models.opened_by(None) or opened),
            key="model",
            bind="query-params",
            persist_state="session",
            label_visibility="collapsed",
            width=320,
        )
    return picked or opened


def show_problems(models: Models) -> None:
    """The checkpoints that cannot be opened, out of the way but named with their reasons."""
    count = len(models.problems)
    label = "1 checkpoint left out" if count == 1 else f"{count} checkpoints left out"
    with st.popover(label, icon=":material/warning:", width="content"):
        for problem in models.problems:
            st.markdown(str(problem))


def show_unknown_model(requested: str, opened: str, models: Models) -> None:
    """Why the address opened another model than the one it names."""
    if unfinished := unfinished_words(requested):
        st.warning(f"{unfinished} Showing {opened} instead.", icon=":material/model_training:")
        if train := st.session_state.get("train page"):
            st.page_link(train, label="Open Train", icon=":material/model_training:")
        return
    reasons = [str(problem) for problem in models.problems if requested in str(problem)]
    st.warning(
        f"{reasons[0] if reasons else f'There is no checkpoint of this name in {checkpoints_root()}.'} "
        f"Showing {opened} instead.",
        title=f"{requested} cannot be opened",
        icon=":material/warning:",
    )


def show_nothing_to_explore(models: Models) -> None:
    """The page without a model: what to do, and what is wrong with the checkpoints that are there."""
    st.title("No model to explore yet")
    st.markdown(f"Models are read from `{checkpoints_root()}`. Train one with")
    st.code(
        "python -m vae_core train --data digits --latent-dim 2 --output checkpoints/my-digits",
        language="bash",
    )
    for problem in models.problems:
        st.error(str(problem), icon=":material/error:")

"""Choosing the model that a page shows: by its address, by hand, in plain words, and what to do where there is none."""

import streamlit as st

from serving.explorable_models import ExplorableModel, Models, find_models
from serving.public_demo import read_only
from ui.plain_words import code, literal, told
from vae_core.checkpoint.layout import CheckpointSummary, checkpoints_root
from vae_core.collection.changes import trash
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.errors import CheckpointError
from vae_core.runs.report import unfinished_words

SEGMENTS = 6  # more models than this, or longer names, are picked from a list
LONGEST_ROW = 60  # characters of all names: segments that need a second row push the image off the screen
PROBLEMS_SHOWN = 50
FIRST_MODEL = "python -m vae_core run start --data digits --name my-digits"


DATA_NAMES = {entry.name: entry.title for entry in CATALOGUE.values()}
NETWORK_NAMES = {
    "linear": "linear network",
    "mlp": "fully connected network",
    "conv": "convolutional network",
    "imported": "trained elsewhere",
}


def choose_model(heading: str) -> ExplorableModel | None:
    """One row with the page's heading, the picker and the model in words; None where there is no model."""
    models = find_models()
    requested = st.query_params.get("model") or _deleted_meanwhile(models, heading)
    opened = models.opened_by(requested)
    if opened is None:
        show_nothing_to_explore(models)
        return None
    if requested is not None and requested != opened:
        show_unknown_model(requested, opened, models)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"#### {heading}", width="content")
        kept = _keep_between_pages(models, heading)
        model = models.explorable[pick_model(models, opened, kept=kept)]
        st.caption(one_line(model.summary), wrap=False)
        if models.problems:
            show_problems(models)
    try:
        _ = model.files
    except CheckpointError as error:  # since it was found
        st.error(told(error), icon=":material/error:")
        return None
    return model


def pick_model(models: Models, opened: str, *, kept: bool) -> str:
    """The picked model's name, in the page's address as `?model=`; one that is `kept` is picked already."""
    names = list(models.explorable)
    # A segment's label is Markdown, and what the address calls it as well; a list's entry is neither.
    fits = len(names) <= SEGMENTS and sum(map(len, names)) <= LONGEST_ROW
    if fits and all(literal(name) == name for name in names):
        picked = st.segmented_control(
            "Model",
            names,
            default=None if kept else models.opened_by(None),
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
            index=None if kept else names.index(models.opened_by(None) or opened),
            key="model",
            bind="query-params",
            persist_state="session",
            label_visibility="collapsed",
            width=320,
        )
    return picked or opened


def _deleted_meanwhile(models: Models, page: str) -> str | None:
    """The model that was on the last page and cannot be opened any more; None where this page has begun already."""
    kept = st.session_state.get("model")
    return kept if kept not in models.explorable and st.session_state.get("picked on") not in (None, page) else None


def _keep_between_pages(models: Models, page: str) -> bool:
    """The model that the last page's address began with, on this page as well, and in its address.

    Streamlit by itself keeps what was picked by hand, and forgets what an address said. Returns whether there was one.
    """
    before = st.session_state.get("picked on")
    st.session_state["picked on"] = page
    kept = st.session_state.get("model")
    if before in (None, page) or kept not in models.explorable or st.query_params.get("model"):
        return False
    if kept == models.opened_by(None):  # as the field begins by itself
        return False
    st.session_state["model"] = kept
    if "model" not in st.query_params:  # an empty one is the field's own to fill
        st.query_params["model"] = kept
    return True


def show_problems(models: Models) -> None:
    """The checkpoints that cannot be opened, out of the way but named with their reasons."""
    with st.popover(f"{_count(models)} left out", icon=":material/warning:", width="content"):
        for problem in list(models.problems.values())[:PROBLEMS_SHOWN]:
            st.markdown(told(problem))
        if len(models.problems) > PROBLEMS_SHOWN:
            st.markdown(f"… and {len(models.problems) - PROBLEMS_SHOWN:,} more: `python -m vae_core list` names them.")


def show_unknown_model(requested: str, opened: str, models: Models) -> None:
    """Why the address opened another model than the one it names."""
    unfinished = None if read_only() else unfinished_words(requested)
    if unfinished is not None:
        reason = told(unfinished)
    elif requested in models.problems:
        reason = told(models.problems[requested])
    elif not read_only() and any(deleted.name == requested for deleted in trash()):
        reason = "It is in the trash of the Models page, and can be brought back there."
    else:
        reason = f"There is no checkpoint of this name in the folder {literal(checkpoints_root().resolve().name)}."
    st.warning(
        f"{reason} Showing {literal(opened)} instead.",
        title=f"{literal(requested)} cannot be opened",
        icon=":material/warning:",
    )
    if unfinished is not None:
        _lead_to_train("Open Train")


def show_nothing_to_explore(models: Models) -> None:
    """The page without a model: what to do, and what is wrong with the checkpoints that are there."""
    st.title("No model to explore yet")
    if read_only():
        st.markdown("This demo shows models that others have trained, and there is none yet. Come back later.")
    else:
        show_ways_to_a_model()
    if models.problems:
        st.markdown(f"##### {_count(models)} cannot be opened")
    for problem in list(models.problems.values())[:PROBLEMS_SHOWN]:
        st.error(told(problem), icon=":material/error:")


def show_ways_to_a_model() -> None:
    """How to come by a first model."""
    st.markdown(
        "Train one on images of your own, or on data that come with the software: the first takes some minutes."
    )
    _lead_to_train("Train a model")
    folder = code(checkpoints_root().resolve().name)
    st.caption(f"Or from the command line; models are read from the folder {folder} of the machine that runs this app.")
    st.code(FIRST_MODEL, language="bash")


def _lead_to_train(label: str) -> None:
    train = st.session_state.get("train page")
    if train is not None:
        st.page_link(train, label=literal(label), icon=":material/model_training:")


def _count(models: Models) -> str:
    count = len(models.problems)
    return "1 checkpoint" if count == 1 else f"{count:,} checkpoints"


def one_line(summary: CheckpointSummary) -> str:
    """Title, data set, latent dimensions, network and, where the model was evaluated, its ELBO; with the data
    set that it is of, where that is another."""
    model = summary.model
    # Of somebody's own images, which may be called as one of the catalogue's, a path is known.
    named = DATA_NAMES.get(summary.data.name) if summary.training.data == summary.data.name else None
    parts = [
        *([literal(summary.about.title)] if summary.about.title else []),
        named or literal(summary.data.name),
        f"{model.latent_dim} latent dimension{'' if model.latent_dim == 1 else 's'}",
        NETWORK_NAMES[model.network],
    ]
    elbo = summary.figure("elbo")
    if elbo is not None:
        other = "" if summary.measured_on == summary.data.name else f" of {literal(summary.measured_on)}"
        parts.append(f"ELBO {elbo:,.1f} nats an image".replace("-", "−") + other)
    return " · ".join(parts)

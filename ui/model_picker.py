"""Choosing the model that a page shows: by its address, by hand, in plain words, and what to do where there is none."""

from collections import Counter

import streamlit as st

from serving.explorable_models import ExplorableModel, Models, find_models
from serving.public_demo import read_only
from ui.plain_words import code, literal, one_line_of, told
from ui.signed import signed
from vae_core.checkpoint.layout import CheckpointSummary, checkpoints_root
from vae_core.collection.changes import trash
from vae_core.data.named.catalogue import CATALOGUE
from vae_core.errors import CheckpointError
from vae_core.runs.report import unfinished_words

SEGMENTS = 6  # more models than this, or longer names, are picked from a list
LONGEST_ROW = 60  # characters of all names: segments that need a second row push the image off the screen
PROBLEMS_SHOWN = 50
ADDRESS = FIELD = "model"
SHOWN, PAGE, TOLD = "model on show", "page of the model on show", "model as the address was told"
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
    requested = st.query_params.get(ADDRESS) or _deleted_meanwhile(models, heading)
    opened = models.opened_by(requested)
    if opened is None:
        show_nothing_to_explore(models)
        return None
    if requested is not None and requested != opened:
        show_unknown_model(requested, opened, models)
    with st.container(horizontal=True, vertical_alignment="center", key="model-row"):
        st.markdown(f"#### {heading}", width="content")
        model = models.explorable[pick_model(models, opened, heading)]
        st.caption(one_line(model.summary), wrap=False)  # but on a phone, see ui/main.py
        if models.problems:
            show_problems(models)
    try:
        _ = model.files
    except CheckpointError as error:  # since it was found
        st.error(told(error), icon=":material/error:")
        return None
    return model


def pick_model(models: Models, opened: str, page: str) -> str:
    """The picked model's name, kept in the page's address as `?model=`; people see its title."""
    st.session_state[FIELD] = _picked(models, opened, page)
    names, labels = list(models.explorable), _labels(models)
    # A segment's label is Markdown, a list's entry is not.
    fits = len(names) <= SEGMENTS and sum(map(len, labels.values())) <= LONGEST_ROW
    if fits and all(literal(label) == label for label in labels.values()):
        picked = st.segmented_control(
            "Model", names, required=True, key=FIELD, format_func=labels.__getitem__, label_visibility="collapsed"
        )
    else:
        picked = st.selectbox(
            "Model", names, key=FIELD, format_func=labels.__getitem__, label_visibility="collapsed", width=320
        )
    _tell_address(models, picked or opened)
    st.session_state[SHOWN], st.session_state[PAGE] = picked or opened, page
    return picked or opened


def _labels(models: Models) -> dict[str, str]:
    """Each model's title, with its folder's name where another one has the same."""
    titles = {name: one_line_of(model.summary.title) for name, model in models.explorable.items()}
    counts = Counter(titles.values())
    return {name: title if counts[title] == 1 else f"{title} ({name})" for name, title in titles.items()}


def _picked(models: Models, opened: str, page: str) -> str:
    """What was just picked by hand, else what the address has come to say, else the model that is on show."""
    state, asked = st.session_state, st.query_params.get(ADDRESS) or None
    shown, same_page = state.get(SHOWN), state.get(PAGE) == page
    # A pick comes first: the address may not have been told yet of the one before.
    if same_page and (picked := state.get(FIELD)) != shown and picked in models.explorable:
        return picked
    # Of the same page an address that says nothing any more was gone back to.
    if asked != state.get(TOLD) and (asked or same_page):
        return opened
    return shown if shown in models.explorable else opened


def _tell_address(models: Models, picked: str) -> None:
    """The model that opens by itself is not named."""
    told = None if picked == models.opened_by(None) else picked
    st.session_state[TOLD] = told
    if st.query_params.get(ADDRESS) == told:
        return
    if told is None:
        del st.query_params[ADDRESS]
    else:
        st.query_params[ADDRESS] = told


def _deleted_meanwhile(models: Models, page: str) -> str | None:
    """The model that was on the last page and cannot be opened any more; None where this page has begun already."""
    kept = st.session_state.get(SHOWN)
    return kept if kept not in models.explorable and st.session_state.get(PAGE) not in (None, page) else None


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
        parts.append(f"ELBO {signed(elbo, 1)} nats an image" + other)
    return " · ".join(parts)

"""The main script of every session: page settings and navigation."""

from pathlib import Path

import streamlit as st

from serving.public_demo import read_only

HERE = Path(__file__).resolve().parent
PAGES = HERE.parent / "pages"

# An own icon: Streamlit's named ones come from the network.
st.set_page_config(page_title="Latent Explorer", page_icon=HERE / "icon.svg", layout="wide")
# Absolute paths: relative ones would be looked for beside this script.
explore = st.Page(PAGES / "explore.py", title="Explore", icon=":material/explore:", default=True)
interpolate = st.Page(PAGES / "interpolate.py", title="Interpolate", icon=":material/timeline:")
models = st.Page(PAGES / "models.py", title="Models", icon=":material/photo_library:")
# Not in the row: a comparison is of models, and begins where these are.
compare = st.Page(PAGES / "compare.py", title="Compare", icon=":material/compare:", visibility="hidden")
learn = st.Page(PAGES / "learn.py", title="Learn", icon=":material/school:")


def no_training() -> None:
    """The address of the Train page, on a demo that has none."""
    st.session_state["word"] = "This is a demo: models can be explored here, not trained. Explore is shown instead."
    st.switch_page(explore)


# Where other pages lead to.
st.session_state["explore page"] = explore
st.session_state["interpolate page"] = interpolate
st.session_state["models page"] = models
st.session_state["compare page"] = compare
if read_only():
    train = st.Page(no_training, title="Train", url_path="train", visibility="hidden")
else:
    train = st.session_state["train page"] = st.Page(
        PAGES / "train.py", title="Train", icon=":material/model_training:"
    )
# Streamlit shows the focus there by a ground that is fainter than that of the page on show. And where a screen is too
# narrow for a model in words beside its name, all of them are to be read below it.
st.html(
    "<style>[data-testid=stTopNavLink]:focus-visible {outline: 2px solid currentColor; outline-offset: 1px}"
    "@media (width <= 640px) {.st-key-model-row [data-testid=stCaptionContainer] {&, p {white-space: normal}}}</style>"
)
page = st.navigation([explore, interpolate, train, models, learn, compare], position="top")
if (word := st.session_state.pop("word", None)) is not None:
    st.info(word, icon=":material/info:")
page.run()

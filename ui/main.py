"""The main script of every session: page settings and navigation."""

from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent
PAGES = HERE.parent / "pages"

# An own icon: Streamlit's named ones come from the network.
st.set_page_config(page_title="Latent Explorer", page_icon=HERE / "icon.svg", layout="wide")
# Absolute paths: relative ones would be looked for beside this script.
explore = st.Page(PAGES / "explore.py", title="Explore", icon=":material/explore:", default=True)
interpolate = st.Page(PAGES / "interpolate.py", title="Interpolate", icon=":material/timeline:")
train = st.Page(PAGES / "train.py", title="Train", icon=":material/model_training:")
# Where other pages lead to.
st.session_state["explore page"] = explore
st.session_state["train page"] = train
page = st.navigation([explore, interpolate, train], position="top")
page.run()

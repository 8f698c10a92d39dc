"""Learn: the derivation of a VAE in seven lessons, each with something to play with."""

import streamlit as st

from serving.public_files import NotBuiltError, assets
from ui.learn.lesson_page import show_lessons
from ui.plain_words import told


def show_page() -> None:
    """The lessons; or why they cannot be shown."""
    try:
        show_lessons(assets())
    except NotBuiltError as error:
        st.error(told(error), title="The browser half is not built", icon=":material/build:")


show_page()

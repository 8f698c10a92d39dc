"""Train: a model of a data set of the catalogue or of one's own images, in a process of its own."""

import streamlit as st

from serving.public_files import NotBuiltError
from ui.plain_words import told
from ui.train.data_choice import ChosenData, choose_data
from ui.train.run_list import open_started, show_runs
from ui.train.settings import choose_settings
from vae_core.checkpoint.about import as_title, hinders_keeping
from vae_core.errors import UserError
from vae_core.runs.control import ask
from vae_core.runs.report import diagnose


def show_page() -> None:
    """Images, settings and the start on the left; the runs on the right."""
    _keep_start_in_sight()
    left, right = st.columns([2, 3], gap="large")
    with right:  # first: what is on the left may wait for images to be read
        st.markdown("#### Runs")
        try:
            show_runs()
        except NotBuiltError as error:
            st.error(told(error), title="The browser half is not built", icon=":material/build:")
    with left:
        st.markdown("#### Images")
        data = choose_data()
        if data is not None:
            st.markdown("#### Settings")
            _offer_start(data)


def _keep_start_in_sight() -> None:
    """The row of the start stays at the lower edge of the window while what it belongs to is longer than that."""
    ground = st.get_option(f"theme.{st.context.theme.type or 'light'}.backgroundColor")
    row = "div:has(> .st-key-start)"  # what is around it may move within the column
    st.html(
        f"<style>{row} {{position: sticky; bottom: 0; z-index: 2; padding-bottom: .5rem; background: {ground}}}</style>"
    )


def _offer_start(data: ChosenData) -> None:
    chosen = choose_settings(data)
    if chosen is None:
        return
    with st.container(key="start"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            title = st.text_input("Name of the model", as_title(data.title), key=f"title {data.source}")
            started = st.button("Start training", type="primary", icon=":material/play_arrow:")
        if (reason := hinders_keeping(title)) is not None:
            st.error(reason, icon=":material/error:")
            return
    if not started:
        return
    try:
        run = ask(title, chosen.preset, chosen.model, chosen.training)
    except (UserError, OSError) as error:
        st.error(told(diagnose(error).words), title="The run could not be started", icon=":material/error:")
    else:
        open_started(run)
        st.rerun()


show_page()

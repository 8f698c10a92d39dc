"""The server of `benchmarks.drag`: the app's own explorer routes, with the page of the benchmark."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from serving.routes import ExplorerRoutes
from serving.sockets import without_nagle

app = st.App(Path(__file__).with_name("drag_page.py"), lifespan=without_nagle, middleware=[Middleware(ExplorerRoutes)])

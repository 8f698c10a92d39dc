"""Latent Explorer: `streamlit run app.py` serves the pages and the files that the browser explores with."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from serving.preload import PreloadLinks
from serving.routes import ExplorerRoutes
from serving.sockets import without_nagle

app = st.App(
    Path(__file__).resolve().parent / "ui" / "main.py",
    lifespan=without_nagle,
    middleware=[Middleware(PreloadLinks), Middleware(ExplorerRoutes)],
)

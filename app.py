"""Latent Explorer: `streamlit run app.py` serves the pages and the files that the browser explores with."""

import os
import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from serving.bodies import TimelyBodies
from serving.gate import HOSTS_VARIABLE, Gate, allowed_hosts
from serving.left_pages import LeftPages
from serving.lifespan import brief_complaints, enough_files, sessions_for_a_while, together
from serving.named_explore import NamedExplore
from serving.preload import PreloadLinks
from serving.public_demo import WithoutUploads, read_only, take_arguments
from serving.public_files import base_path
from serving.routes import ExplorerRoutes
from serving.run_routes import waiting_runs_go_on
from serving.sockets import without_nagle, without_silence
from serving.workshop import Workshop
from vae_core.errors import ConfigError

try:
    take_arguments()
    public = read_only()
    hosts = allowed_hosts(
        os.environ.get(HOSTS_VARIABLE, ""), st.get_option("server.address"), st.get_option("browser.serverAddress")
    )
except ConfigError as error:
    sys.exit(str(error))

base = base_path(st.get_option("server.baseUrlPath"))
workshop = Workshop()
parts = [enough_files, sessions_for_a_while, brief_complaints, without_nagle, without_silence(), workshop.open]
app = st.App(
    Path(__file__).resolve().parent / "ui" / "main.py",
    lifespan=together(*parts, *([] if public else [waiting_runs_go_on])),
    middleware=[
        Middleware(Gate, hosts=hosts),
        Middleware(TimelyBodies),
        Middleware(LeftPages),
        *([Middleware(WithoutUploads)] if public else []),
        Middleware(NamedExplore, base=base),
        Middleware(PreloadLinks, base=base),
        Middleware(ExplorerRoutes, workshop=workshop, public=public, base=base),
    ],
)

"""One of the ways that `benchmarks.drag` compares, by address: `?way=map`, `component` or `streamlit`."""

from pathlib import Path

import streamlit as st
import torch

from serving.models import find_models
from ui.explorer import explorer
from vae_core import VAE, load_checkpoint


@st.cache_resource
def loaded_model(path: Path) -> VAE:
    """The model in this process, loaded once for every session."""
    return load_checkpoint(path).model


@st.fragment
def slider_and_image(path: Path) -> None:
    """The rival: Streamlit's own slider and image, run again by themselves when the slider is released."""
    model = loaded_model(path)
    latent = torch.zeros(1, model.config.latent_dim)
    latent[0, 0] = st.slider("First latent dimension", -3.0, 3.0, 0.0, 0.01)
    with torch.inference_mode():
        image = model.decode(latent)[0].movedim(0, -1).mul(255).round().byte().numpy()  # (H, W, C)
    st.image(image, width=280)


st.set_page_config(layout="wide")
(model,) = find_models().explorable.values()
way = st.query_params["way"]
if way == "streamlit":
    slider_and_image(model.summary.path)
else:
    explorer(model, decoding=way == "component")

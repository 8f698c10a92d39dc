"""One of the ways that `benchmarks.drag`, `.interpolate` and `.compare` compare, by address: `?way=`."""

from pathlib import Path

import numpy as np
import streamlit as st
import torch

from serving.explorable_models import find_models
from serving.public_files import assets
from ui.compare.maps import show_maps
from ui.explorer import explorer, interpolation
from vae_core import VAE, load_checkpoint
from vae_core.collection.records import find_collection
from vae_core.interpolation.frames import frames_along
from vae_core.interpolation.model_paths import decoder
from vae_core.interpolation.paths import slerp_path


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


@st.fragment
def slider_and_strip(path: Path, frames: int) -> None:
    """The rival of the film strip: a stop moved by Streamlit's slider, the strip made anew on its release."""
    model = loaded_model(path)
    stops = np.zeros((2, model.config.latent_dim), dtype=np.float32)
    stops[0, 0], stops[1, 1] = st.slider("A stop's first latent dimension", -3.0, 3.0, 0.0, 0.01), 2.0
    images = frames_along(slerp_path(stops), decoder(model), frames=frames).images  # (F, C, H, W)
    st.image((np.concatenate([*images], axis=2) * 255).round().astype(np.uint8)[0], width=1200)


@st.fragment
def slider_and_two_images(paths: list[Path]) -> None:
    """The rival of two models side by side: both images made anew on the slider's release."""
    value = st.slider("First latent dimension", -3.0, 3.0, 0.0, 0.01)
    images = []
    for path in paths:
        model = loaded_model(path)
        latent = torch.zeros(1, model.config.latent_dim)
        latent[0, 0] = value
        with torch.inference_mode():
            images.append(model.decode(latent)[0, 0].mul(255).round().byte().numpy())  # (H, W)
    st.image(np.concatenate(images, axis=1), width=560)


st.set_page_config(layout="wide")
model, *others = find_models().explorable.values()
way = st.query_params["way"]
if way == "compare":
    show_maps(list(find_collection().records.values()))
elif way == "streamlit-compare":
    slider_and_two_images([each.summary.path for each in (model, *others)])
elif way == "streamlit":
    slider_and_image(model.summary.path)
elif way == "streamlit-strip":
    slider_and_strip(model.summary.path, int(st.query_params["frames"]))
elif way == "strip":
    interpolation(model, assets(), lambda _model, _report: None)
else:
    explorer(model, decoding=way == "component")

"""Choosing how to train: a preset, every setting of it, and what it will cost."""

from typing import Any

import streamlit as st

from ui.train.data import ChosenData
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import ConfigError
from vae_core.runs.estimate import estimate
from vae_core.runs.presets import PRESETS, preset_named, settings
from vae_core.runs.record import list_runs

VARIANCES = ("learned", "optimal", "fixed")


def choose_settings(data: ChosenData) -> tuple[str, ModelConfig, TrainConfig] | None:
    """The preset's name and the settings; None where they contradict each other."""
    name = st.segmented_control(
        "Preset",
        [preset.name for preset in PRESETS],
        default=PRESETS[0].name,
        required=True,
        label_visibility="collapsed",
    )
    preset = preset_named(name or PRESETS[0].name)
    st.caption(preset.words)
    look = data.look
    model, training = settings(preset, data.source, look.images, look.image_size, look.channels)
    with st.expander("All settings", icon=":material/tune:"):
        # Another preset or data set fills every field anew.
        chosen = _fields(model, training, key=f"{preset.name} {data.source} {look.image_size} {look.channels}")
    try:
        model = ModelConfig.parse(model.model_dump() | chosen["model"])
        training = TrainConfig.parse(training.model_dump() | chosen["training"])
    except ConfigError as error:
        st.error(str(error), title="These settings don't fit together", icon=":material/error:")
        return None
    cost = estimate(model, training, look.images, list_runs())
    st.caption(f"About {duration(cost.seconds)} on this machine, and {cost.memory / 1e9:.1f} GB of memory.")
    return preset.name, model, training


def duration(seconds: float) -> str:
    """A time in words, as exact as an estimate deserves."""
    if seconds < 50:
        return f"{max(5, round(seconds / 5) * 5)} seconds"
    if seconds < 50 * 60:
        minutes = max(1, round(seconds / 60))
        return f"{minutes} minute{'s' * (minutes > 1)}"
    return f"{seconds / 3600:.1f} hours"


def _fields(model: ModelConfig, training: TrainConfig, key: str) -> dict[str, dict[str, Any]]:
    """Every setting as a field with its explanation."""
    one, two = st.columns(2)
    chosen_model: dict[str, Any] = {}
    with one:
        chosen_model["latent_dim"] = st.number_input(
            "Latent dimensions",
            1,
            256,
            model.latent_dim,
            key=f"latent {key}",
            help="How many numbers an image becomes.",
        )
        networks = ("linear", "mlp", "conv")
        chosen_model["network"] = st.selectbox(
            "Network",
            networks,
            networks.index(model.network),
            key=f"network {key}",
            help="linear: probabilistic PCA; mlp: fully connected; conv: convolutional, best for pictures.",
        )
        likelihoods = ("gaussian", "continuous-bernoulli", "bernoulli")
        likelihood = st.selectbox(
            "Likelihood p(x|z)",
            likelihoods,
            likelihoods.index(model.likelihood),
            key=f"likelihood {key}",
            help="Bernoulli on grey images is not a density: its ELBO can't be compared with the others'.",
        )
        chosen_model["likelihood"], chosen_model["variance"] = likelihood, None
        if likelihood == "gaussian":
            fixed = isinstance(model.variance, float | int)
            kind = st.selectbox(
                "Decoder variance",
                VARIANCES,
                2 if fixed else VARIANCES.index(str(model.variance)),
                key=f"variance kind {key}",
                help="Fixed: you choose how much detail counts against the KL. Learned and optimal remove the knob.",
            )
            chosen_model["variance"] = kind
            if kind == "fixed":
                start = float(model.variance) if isinstance(model.variance, float | int) else 0.05
                chosen_model["variance"] = st.number_input(
                    "σ, the variance", 1e-4, 10.0, start, format="%.4f", key=f"variance {key}"
                )
        chosen_model["posterior"] = st.selectbox(
            "Posterior covariance", ("diagonal", "full"), key=f"posterior {key}", help="Σ(x) of q(z|x)."
        )
    chosen: dict[str, Any] = {}
    with two:
        chosen["epochs"] = st.number_input(
            "Epochs", 1, 10_000, training.epochs, key=f"epochs {key}", help="Passes over all images."
        )
        chosen["batch_size"] = st.number_input(
            "Batch size", 1, 4096, training.batch_size, key=f"batch {key}", help="Images in one step."
        )
        chosen["learning_rate"] = st.number_input(
            "Learning rate",
            1e-6,
            1.0,
            training.learning_rate,
            format="%.5f",
            key=f"rate {key}",
            help="The peak of its schedule. Too high, and the loss runs away.",
        )
        chosen["beta"] = st.number_input(
            "β", 0.0, 1000.0, training.beta, key=f"beta {key}", help="Weight of the KL term; 1 is the ELBO."
        )
        chosen["warm_up"] = st.number_input(
            "KL warm-up, epochs", 0.0, 1000.0, training.warm_up, key=f"warm {key}", help="β rises from 0 over these."
        )
        chosen["free_bits"] = st.number_input(
            "Free nats a dimension", 0.0, 10.0, training.free_bits, key=f"free {key}", help="KL that costs nothing."
        )
        chosen["seed"] = st.number_input(
            "Seed", 0, 2**31 - 1, training.seed, key=f"seed {key}", help="The same seed gives the same model."
        )
    return {"model": chosen_model, "training": chosen}

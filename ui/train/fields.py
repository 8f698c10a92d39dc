"""Every setting of a model and its training as a field with a one-line explanation."""

from typing import Any

import streamlit as st

from vae_core.config import ModelConfig, TrainConfig

NETWORKS = ("linear", "mlp", "conv")
LIKELIHOODS = ("gaussian", "continuous-bernoulli", "bernoulli")
VARIANCES = ("learned", "optimal", "fixed")


def model_fields(model: ModelConfig, key: str) -> dict[str, Any]:
    """What a model is; `key` tells the fields of one preset and data set from another's."""
    chosen: dict[str, Any] = {}
    chosen["latent_dim"] = st.number_input(
        "Latent dimensions", 1, 256, model.latent_dim, key=f"latent {key}", help="How many numbers an image becomes."
    )
    chosen["network"] = st.selectbox(
        "Network",
        NETWORKS,
        NETWORKS.index(model.network),
        key=f"network {key}",
        help="linear: probabilistic PCA; mlp: fully connected; conv: convolutional, best for pictures.",
    )
    chosen["likelihood"] = st.selectbox(
        "Likelihood p(x|z)",
        LIKELIHOODS,
        LIKELIHOODS.index(model.likelihood),
        key=f"likelihood {key}",
        help="Bernoulli on grey images is not a density: its ELBO can't be compared with the others'.",
    )
    chosen["variance"] = _variance_field(model, key) if chosen["likelihood"] == "gaussian" else None
    chosen["posterior"] = st.selectbox(
        "Posterior covariance", ("diagonal", "full"), key=f"posterior {key}", help="Σ(x) of q(z|x)."
    )
    return chosen


def _variance_field(model: ModelConfig, key: str) -> float | str:
    fixed = isinstance(model.variance, float | int)
    kind = st.selectbox(
        "Decoder variance",
        VARIANCES,
        2 if fixed else VARIANCES.index(str(model.variance)),
        key=f"variance kind {key}",
        help="Fixed: you choose how much detail counts against the KL. Learned and optimal remove the knob.",
    )
    if kind != "fixed":
        return kind
    start = float(model.variance) if isinstance(model.variance, float | int) else 0.05
    return st.number_input("σ, the variance", 1e-4, 10.0, start, format="%.4f", key=f"variance {key}")


def training_fields(training: TrainConfig, key: str) -> dict[str, Any]:
    """How it is trained."""
    chosen: dict[str, Any] = {}
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
    return chosen

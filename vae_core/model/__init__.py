"""The variational autoencoder, part by part as in its derivation: posterior, likelihood, networks, bound."""

from vae_core.model.vae import VAE

__all__ = ["VAE"]

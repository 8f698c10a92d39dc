"""The command line: `python -m vae_core …`."""

from vae_core.cli.dispatch import main

__all__ = ["main"]

"""The command line: `python -m vae_core …`."""

from vae_core.cli.main import main

__all__ = ["main"]

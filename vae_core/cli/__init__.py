"""The command line: `python -m vae_core train · evaluate · project · export · interpolate · list · run`."""

from vae_core.cli.main import main

__all__ = ["main"]

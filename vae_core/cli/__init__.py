"""The command line: `python -m vae_core train · evaluate · project · export · list`."""

from vae_core.cli.main import main

__all__ = ["main"]

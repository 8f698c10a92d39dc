"""`python -m vae_core …`."""

import sys

from vae_core.cli.command_line import main

if __name__ == "__main__":
    sys.exit(main())

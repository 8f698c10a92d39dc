"""`python -m vae_core.runs FOLDER`: the process of one run."""

import sys
from pathlib import Path

from vae_core.runs.worker import work

sys.exit(work(Path(sys.argv[1])))

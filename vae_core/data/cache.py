"""The user's folder for what can be made or downloaded again."""

import os
from pathlib import Path

from platformdirs import user_cache_path

CACHE_VARIABLE = "LATENT_EXPLORER_CACHE"


def cache_folder() -> Path:
    """Where downloads and mapped images go; LATENT_EXPLORER_CACHE names another place."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen)
    return user_cache_path("latent-explorer")

"""JSON that somebody else may have written: small enough, plain, and named where it cannot be read. Free of torch."""

import json
from pathlib import Path
from typing import Any

from vae_core.errors import ConfigError
from vae_core.files import read_small

LARGEST_JSON = 4 << 20  # bytes


def read_json(path: Path, limit: int = LARGEST_JSON) -> Any:
    """Read a JSON file of at most `limit` bytes, naming it if it can't be read.

    Raises:
        ConfigError: the file is missing, unreadable, a link, no regular file, too large or not JSON.
    """
    try:
        return parse_json(read_small(path, limit))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}).") from None
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def parse_json(content: bytes) -> Any:
    """The value that UTF-8 JSON says.

    Raises:
        ConfigError: it is not JSON, or nested deeper than anything of ours, or holds what no text can.
    """
    try:
        value = json.loads(content.decode("utf-8"))
        if b"\\u" in content:  # may be half of a character, which nobody could be shown
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ConfigError("not valid JSON (it is nested too deeply).") from None
    except UnicodeEncodeError:
        raise ConfigError("not valid JSON (it holds half of a character).") from None
    except ValueError as error:
        raise ConfigError(f"not valid JSON ({error}).") from None
    return value

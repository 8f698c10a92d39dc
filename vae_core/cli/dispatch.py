"""From words to a command, and what a mistake looks like (exit code 2 and one line)."""

import json
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from vae_core.cli.arguments import MISTAKE, build_parser
from vae_core.cli.reporting import STOPPED
from vae_core.errors import UserError

FAILURE = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 done, 2 a mistake in what was asked, 1 a failure of the machine, 130 stopped by hand."""
    options = build_parser().parse_args(arguments)
    module, _, function = options.handler.partition(":")
    try:
        # Only now, so that listing runs or asking for help waits for no torch.
        result = getattr(import_module(module), function)(options)
    except UserError as error:
        return _complain(options.command, str(error), MISTAKE)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _complain(options.command, f"{place}{error.strerror or error}; nothing was left half-written.", FAILURE)
    except KeyboardInterrupt:
        return _complain(options.command, "stopped; nothing was left half-written.", STOPPED)
    if result.show:
        _print(result.values, result.text, options.json)
    return int(result.exit_code)


def _complain(command: str, message: str, exit_code: int) -> int:
    print(f"vae_core {command}: {message}", file=sys.stderr)
    return exit_code


def _print(values: Any, text: str, as_json: bool) -> None:
    print(json.dumps(values, ensure_ascii=False) if as_json else text)

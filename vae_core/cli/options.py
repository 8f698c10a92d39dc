"""Command-line options made from the configuration records, so that both always say the same."""

import argparse
import types
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel


def _choices(annotation: Any) -> list[str] | None:
    """The words of a Literal, also where None or a number may stand beside them."""
    if get_origin(annotation) is Literal:
        return [str(word) for word in get_args(annotation)]
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [part for part in get_args(annotation) if part is not type(None)]
        words: list[str] = []
        for part in parts:
            base = get_args(part)[0] if get_origin(part) is Annotated else part
            words += ["FLOAT"] if base is float else _choices(part) or []
        return words
    return None


def add_config_options(
    parser: argparse.ArgumentParser,
    record: type[BaseModel],
    group: str,
    renamed: Mapping[str, str],
    skip: Collection[str],
) -> None:
    """Add an option for each field of a record; values stay words, which the record itself checks."""
    section = parser.add_argument_group(f"{group} settings")
    for name, field in record.model_fields.items():
        if name in skip:
            continue
        choices = _choices(field.annotation)
        default = "" if field.default is None else f"(default: {field.default})"
        section.add_argument(
            renamed.get(name, "--" + name.replace("_", "-")),
            dest=f"{group}.{name}",
            metavar="|".join(choices) if choices else name.upper(),
            help=" ".join(part for part in (field.description, default) if part).replace("%", "%%"),
        )


def given_options(options: argparse.Namespace, group: str) -> dict[str, Any]:
    """The settings of a group that were given on the command line."""
    prefix = f"{group}."
    pairs = vars(options).items()
    return {name.removeprefix(prefix): value for name, value in pairs if name.startswith(prefix) and value is not None}

"""A record of settings: its every value is checked, and named by its field where it is wrong. Free of torch."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from vae_core.errors import ConfigError, shortened


class ConflictError(ValueError):
    """Settings that do not go together; `field` is the one to change."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def _first_problem(error: ValidationError) -> ConfigError:
    """The first thing wrong, with the field's own name and the value that was given."""
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"] if not str(part).startswith(("constrained", "literal", "float"))]
    field = shortened(".".join(path) or "configuration")
    message = first["msg"].removeprefix("Value error, ")
    conflict = first.get("ctx", {}).get("error")
    if isinstance(conflict, ConflictError):
        return ConfigError(f"{message}.", conflict.field)
    if first["type"] == "missing":
        return ConfigError(f"{field}: this setting is missing.", field)
    if first["type"] == "extra_forbidden":
        return ConfigError(f"{field}: there is no such setting.", field)
    if first["type"] == "string_unicode":
        given = shortened(repr(first.get("input")))
        return ConfigError(f"{field}: {given} is not all text, so it cannot be kept; rename what it names.", field)
    if isinstance(first.get("input"), dict):
        return ConfigError(f"{field}: {message}.", field)
    return ConfigError(f"{field}: {message} (got {shortened(repr(first.get('input')))}).", field)


class Settings(BaseModel):
    """A record whose every value is checked, and named by its field where it is wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @classmethod
    def parse(cls, values: dict[str, Any]) -> Self:
        """Build the record from plain values.

        Raises:
            ConfigError: naming the first field that is missing, unknown or out of range.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise _first_problem(error) from None


def applies(record: type[BaseModel], field: str, values: Mapping[str, Any]) -> bool:
    """Whether a setting means anything beside the others: an mlp has no width, and only a Gaussian has a σ."""
    extra = record.model_fields[field].json_schema_extra
    only_for: Any = extra.get("only_for", {}) if isinstance(extra, dict) else {}
    return all(values.get(other) in allowed for other, allowed in only_for.items())


def offered(field: FieldInfo, words: Iterable[str]) -> list[str]:
    """Of the words that a setting may be, those that a person may choose: no model that is trained is imported."""
    extra = field.json_schema_extra
    held_back: Any = extra.get("not_offered", []) if isinstance(extra, dict) else []
    return [word for word in words if word not in held_back]


def limits(record: type[BaseModel], field: str) -> tuple[float | None, float | None]:
    """The least and the greatest value of a number, as the record declares them; None where there is no limit."""
    least, greatest = None, None
    for limit in _declared(record.model_fields[field]):
        least = getattr(limit, "ge", getattr(limit, "gt", least))
        greatest = getattr(limit, "le", getattr(limit, "lt", greatest))
    return least, greatest


def _declared(field: FieldInfo) -> Iterator[Any]:
    """A field's limits, also where its number is one of several things that it may be."""
    yield from field.metadata
    for part in get_args(field.annotation):
        for inner in (part, *get_args(part)):
            for about in getattr(inner, "__metadata__", ()):
                yield from about.metadata

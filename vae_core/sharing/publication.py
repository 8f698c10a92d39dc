"""A model that somebody gives to the Hugging Face hub: which, where to, and what its card says of it. Free of torch."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from vae_core.errors import SharingError, shortened

_PART = r"[A-Za-z0-9][\w.-]{0,95}"
_REPOSITORY = re.compile(rf"{_PART}/{_PART}")
_DATA_SET = re.compile(rf"(?:{_PART}/)?{_PART}")
_LICENCE = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}")
_WRONG = {
    "repository": "is no repository; it is owner/name, as somebody/my-vae.",
    "licence": "is no licence of the hub's list; they are written as mit, apache-2.0 or cc-by-4.0.",
    "dataset": "is no data set of the hub; it is owner/name, as ylecun/mnist.",
    "token": "is no token of the hub.",
}


def _written_as(pattern: re.Pattern[str]) -> AfterValidator:
    def check(text: str | None) -> str | None:
        if text is not None and not pattern.fullmatch(text):
            raise ValueError(text)
        return text

    return AfterValidator(check)


class Publication(BaseModel):
    """`folder` is pushed to `repository`, which is made where there is none: private unless it is to be `public`.

    `token` is the person's own; without one, that of this machine is taken (HF_TOKEN, or `hf auth login`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: str
    repository: Annotated[str, _written_as(_REPOSITORY)]
    licence: Annotated[str | None, _written_as(_LICENCE)] = None
    dataset: Annotated[str | None, _written_as(_DATA_SET)] = None
    public: bool = False
    token: Annotated[str | None, _written_as(re.compile(r"[!-~]{1,200}"))] = None

    @classmethod
    def checked(cls, **values: Any) -> "Publication":
        """What a person has filled in; blank is left out.

        Raises:
            SharingError: something is not written as the hub writes it.
        """
        given: dict[str, Any] = {
            name: value.strip() if isinstance(value, str) else value for name, value in values.items()
        }
        try:
            return cls(**{name: value for name, value in given.items() if value or name == "repository"})
        except ValidationError as error:
            field = str(error.errors()[0]["loc"][0])
            what = "This" if field == "token" else shortened(given[field]) or "Nothing"
            raise SharingError(f"{what} {_WRONG[field]}") from None

"""What people say of a checkpoint: its title, notes, and where it came from, in a small file beside its settings.

The folder's name is its address and stays; the title is what pages show.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator

from vae_core.checked_settings import Settings
from vae_core.errors import ConfigError
from vae_core.files import read_small, write_json
from vae_core.json_files import parse_json

ABOUT_FILE = "about.json"
LARGEST_ABOUT = 1 << 16  # bytes
LONGEST_TITLE, LONGEST_NOTES = 80, 4000  # characters

JOINERS = {0x200C: None, 0x200D: None}  # which many scripts and emoji are written with

Origin = Literal["shipped", "imported"]


class About(Settings):
    """What a newer version says besides is passed over."""

    model_config = ConfigDict(extra="ignore")

    title: str = Field(default="", max_length=LONGEST_TITLE, description="empty: the folder's name")
    notes: str = Field(default="", max_length=LONGEST_NOTES)
    origin: Origin | None = Field(default=None, description="None: trained here, or copied by hand")
    way: str = Field(default="", max_length=LONGEST_TITLE, description="by which it was imported, in words")
    made_at: float | None = Field(default=None, ge=0, description="seconds since 1970; None: as old as its weights")

    @field_validator("title", "way")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.translate(JOINERS).isprintable():
            raise ValueError("it has to be one line of printable characters")
        return value.strip()

    @field_validator("notes")
    @classmethod
    def _text(cls, value: str) -> str:
        if not value.replace("\n", "").replace("\t", "").translate(JOINERS).isprintable():
            raise ValueError("notes hold unprintable characters")
        return value.strip()


def as_title(text: str) -> str:
    """A text as a title: on one line, what can't be printed left out, and cut where it is too long."""
    shown = "".join(character if character.translate(JOINERS).isprintable() else " " for character in text)
    return " ".join(shown.split())[:LONGEST_TITLE].strip()


def hinders_keeping(title: str, notes: str = "") -> str | None:
    """Why a title or notes cannot be kept as they are, and what to do; None where they can."""
    for words, text, most in (("The name has", title, LONGEST_TITLE), ("The notes have", notes, LONGEST_NOTES)):
        if (count := len(text.strip())) > most:
            return f"{words} {count:,} characters, and {most:,} are the most: make that {count - most:,} fewer."
    try:
        About.parse({"title": title, "notes": notes})
    except ConfigError:
        return "There are characters in it that cannot be shown, such as one that turns the direction: type it anew."
    return None


def numbered_title(title: str, number: str) -> str:
    """The title of a model whose name another one has already; without a number the title itself."""
    return f"{title[: LONGEST_TITLE - 1 - len(number)].strip()} {number}" if number else title


def read_about(folder: Path) -> tuple[About, str | None]:
    """What is said of a checkpoint, nothing where there is no such file; and what is wrong with it, where it is."""
    path = folder / ABOUT_FILE
    try:
        content: Any = parse_json(read_small(path, LARGEST_ABOUT))
        if not isinstance(content, dict):
            return About(), f"{path}: expected an object with a title and notes; rename the model to write it anew."
        return About.parse(content), None
    except (FileNotFoundError, NotADirectoryError):
        return About(), None
    except OSError as error:
        return About(), f"{path}: cannot be read ({error.strerror})."
    except ConfigError as error:
        return About(), f"{path}: {error} Rename the model to write it anew."


def write_about(folder: Path, about: About) -> None:
    """Replace what is said of a checkpoint. Raises FileNotFoundError where its folder has gone."""
    write_json(folder / ABOUT_FILE, about.model_dump(mode="json", exclude_defaults=True), make_folder=False)

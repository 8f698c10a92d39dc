"""Which models can be explored and which one an address opens: one answer for page and preloads."""

from dataclasses import dataclass
from urllib.parse import quote

from serving.public_files import MODELS_ADDRESS, ModelFiles, model_files
from vae_core.checkpoint.layout import CheckpointSummary, broken_checkpoints, list_checkpoints
from vae_core.errors import CheckpointError
from vae_core.runs.run import is_unfinished_run

# The first of these that is there opens first; without any of them, the first by name.
PREFERRED = ("mnist-16d", "fashion-16d")


@dataclass(frozen=True)
class ExplorableModel:
    """A checkpoint together with the files that a browser explores it with."""

    summary: CheckpointSummary
    files: ModelFiles

    @property
    def address(self) -> str:
        """Where the browser finds the files, relative to the app's own address."""
        return f"{MODELS_ADDRESS}{quote(self.summary.name)}/"


@dataclass(frozen=True)
class Models:
    """Every model that can be opened, by name, and what keeps the other checkpoints from it."""

    explorable: dict[str, ExplorableModel]
    problems: list[CheckpointError]

    def opened_by(self, requested: str | None) -> str | None:
        """The model that a request for `requested` opens: that one, else the preferred one, else None."""
        if requested in self.explorable:
            return requested
        return next((name for name in (*PREFERRED, *self.explorable) if name in self.explorable), None)


def find_models() -> Models:
    """Reads the checkpoints folder anew; a damaged checkpoint is reported and hides no other."""
    explorable: dict[str, ExplorableModel] = {}
    problems: list[CheckpointError] = list(broken_checkpoints())
    for summary in list_checkpoints():
        if is_unfinished_run(summary.path):  # the Train page tells of it
            continue
        try:
            explorable[summary.name] = ExplorableModel(summary, model_files(summary.name))
        except CheckpointError as error:
            problems.append(error)
    return Models(explorable, problems)

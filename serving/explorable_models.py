"""Which models can be explored and which one an address opens: one answer for page and preloads."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from urllib.parse import quote

from serving.public_files import MODELS_ADDRESS, ModelFiles, model_files
from vae_core.checkpoint.layout import CheckpointSummary, checkpoints_root
from vae_core.checkpoint.listing import Kept, find_checkpoint, find_checkpoints, folder_names
from vae_core.errors import CheckpointError
from vae_core.runs.run import is_unfinished_run

# The first of these that is there opens first; without any of them, the first by name.
PREFERRED = ("mnist-16d", "fashion-16d")
MOST_TRIED = 100  # folders that are looked into for the first that opens


@dataclass(frozen=True)
class ExplorableModel:
    """A checkpoint that has the files a browser explores it with."""

    summary: CheckpointSummary

    @cached_property
    def files(self) -> ModelFiles:
        """Its files as they are when first asked for. Raises CheckpointError where they have just been damaged."""
        return model_files(self.summary.name)

    @property
    def address(self) -> str:
        """Where the browser finds the files, relative to the app's own address."""
        return f"{MODELS_ADDRESS}{quote(self.summary.name)}/"


@dataclass(frozen=True)
class Models:
    """Every model that can be opened, and what keeps the other checkpoints from it, by name."""

    explorable: dict[str, ExplorableModel]
    problems: dict[str, CheckpointError]

    def opened_by(self, requested: str | None) -> str | None:
        """The model that a request for `requested` opens: that one, else the preferred one, else None."""
        return next((name for name in _in_turn(requested, self.explorable) if name in self.explorable), None)


_problems: Kept[CheckpointError | None] = Kept()


def find_models() -> Models:
    """Looks through the checkpoints folder; a damaged checkpoint is reported and hides no other."""
    found = find_checkpoints()
    explorable: dict[str, ExplorableModel] = {}
    problems = dict(found.problems)
    for name, summary in found.readable.items():
        if summary.explorer_manifest is None and is_unfinished_run(summary.path):  # the Train page tells of it
            continue
        problem = _problems.get(name, found.stamps[name], partial(_problem, name))
        if problem is None:
            explorable[name] = ExplorableModel(summary)
        else:
            problems[name] = problem
    _problems.forget_others(found.readable)
    return Models(explorable, dict(sorted(problems.items())))


def find_model(requested: str | None) -> ExplorableModel | None:
    """The model that `find_models().opened_by(requested)` names, found without reading the others."""
    try:
        names = folder_names(checkpoints_root())
    except CheckpointError:  # the page itself says what is wrong
        return None
    there = set(names)
    for name in islice((name for name in _in_turn(requested, names) if name in there), MOST_TRIED):
        try:
            summary = find_checkpoint(name)
            if summary.explorer_manifest is not None and model_files(name):
                return ExplorableModel(summary)
        except CheckpointError:
            continue
    return None


def _in_turn(requested: str | None, names: Iterable[str]) -> Iterable[str]:
    """The names in the order in which they are tried."""
    return (*((requested,) if requested else ()), *PREFERRED, *names)


def _problem(name: str) -> CheckpointError | None:
    try:
        model_files(name)
    except CheckpointError as error:
        return error.with_traceback(None)
    return None

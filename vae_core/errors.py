"""What a person can get wrong: every error of this family is one clear line that says what, where and what to do."""

QUOTED = 80  # characters


def shortened(text: str) -> str:
    """What a message repeats of somebody's file or address, which may be as long as they like."""
    return text if len(text) <= QUOTED else f"{text[: QUOTED - 1]}…"


class UserError(ValueError):
    """A mistake in what was asked for, not in the software; the command line turns it into exit code 2."""


class ConfigError(UserError):
    """A setting has a bad value; the message names the field, and so does `field`, where one is to blame."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class DatasetError(UserError):
    """A data set is missing, damaged or unusable; the message names the file or the data set."""


class SplitError(DatasetError):
    """A data set that can be read has too few images for a split."""


class CheckpointError(UserError):
    """A checkpoint folder is damaged or not ours; the message names the folder and the first thing wrong."""


class TrainingError(UserError):
    """Training could not start or go on; the message says what to change."""


class DivergedError(TrainingError):
    """The loss, the bound or the weights stopped being finite; the last good state is kept."""


def not_finite(what: str, learning_rate: float | None = None, *, clips: bool = False) -> DivergedError:
    """The error for numbers that stopped being finite: `what` says which, the rate is that of a run under way."""
    kept, now = ("", "") if learning_rate is None else ("; the last good state is kept", f" (now {learning_rate:g})")
    clip = "" if clips else " or set a gradient clip"
    return DivergedError(f"{what}{kept}. Lower the learning rate{now}{clip}, and train again.")


class GraphError(UserError):
    """An ONNX graph is damaged, dangerous or beyond us; the message goes on where a file's name and a colon end."""


class SharingError(UserError):
    """A model cannot be given away as asked; the message says what is wrong and what to do."""


class ImportingError(UserError):
    """A model made elsewhere cannot be taken; the message names the file and says what is wrong and what to do."""

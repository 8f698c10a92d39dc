"""What is never opened, since it would run what strangers wrote, and the bridge that leads from there to ONNX."""

import re
from pathlib import PurePosixPath

from vae_core.data.files.picture_names import is_picture_name
from vae_core.errors import ImportingError, shortened
from vae_core.imports.bridge import bridge
from vae_core.imports.handed_in import HandedIn

TORCHSCRIPT = "it is TorchScript, a program that would be run; it is not opened here."
TORCH_EXPORT = "it is a program that torch.export wrote; it is not opened here."
NOT_WEIGHTS = "it is a ZIP file of something else than weights."
PICKLE = "it is a pickle, which runs what is written in it; it is not opened here."
KERAS = "it is a Keras model, which can hold code; it is not opened here."
TENSORFLOW = "it is a TensorFlow model, a program that would be run; it is not opened here."
TENSORFLOW_JS = "it is a part of a TensorFlow.js model, which is not read here."
_SHARD = re.compile(r"group\d+-shard\d+of\d+(\.bin)?")
BY_SUFFIX = {
    **dict.fromkeys((".pkl", ".pickle", ".p", ".joblib", ".dill"), PICKLE),
    **dict.fromkeys((".keras", ".h5", ".hdf5"), KERAS),
    **dict.fromkeys((".pb", ".tflite"), TENSORFLOW),
    ".pt2": TORCH_EXPORT,
    ".mlmodel": "it is a Core ML model, which is not read here.",
    ".npz": "it holds arrays, but no model.",
}


def is_shard(name: str) -> bool:
    """Whether a file is a part of the numbers that TensorFlow.js keeps beside a model.json of its own."""
    return _SHARD.fullmatch(PurePosixPath(name).name) is not None


def refuse_pictures(files: HandedIn) -> None:
    """Raises ImportingError where most of what was handed in are pictures, of which a model is yet to be made."""
    pictures = [name for name in files.names if is_picture_name(PurePosixPath(name).name)]
    if 2 * len(pictures) > len(files.names):
        count = f"{len(pictures):,} pictures" if len(pictures) > 1 else "a picture"
        raise ImportingError(
            f"{files.title}: {count} and no model. The Train page, or the command train, makes one of such files."
        )


def refuse_unopened(files: HandedIn) -> None:
    """Raises ImportingError where what was handed in is, or needs, what is never opened."""
    for suffix, words in BY_SUFFIX.items():
        for name in files.with_suffix(suffix):
            way = "keras" if words in (KERAS, TENSORFLOW) else "pytorch"
            raise ImportingError(f"{shortened(PurePosixPath(name).name)}: {words} {bridge(way)}")
    for name in filter(is_shard, files.names):
        raise ImportingError(f"{shortened(PurePosixPath(name).name)}: {TENSORFLOW_JS} {bridge('keras')}")

"""State dictionaries of three well-known repositories, recognised by the names and shapes of their weights.

github.com/pytorch/examples (vae), github.com/AntixK/PyTorch-VAE (the vanilla family) and
github.com/YannDubs/disentangling-vae (Burgess et al., "Understanding disentangling in β-VAE", 2018).
"""

from math import isqrt, prod

import numpy as np

from vae_core.errors import GraphError, ImportingError, shortened
from vae_core.imports.decoder_side import LARGEST_IMAGE, PIXELS_QUESTION
from vae_core.imports.description import Description
from vae_core.imports.draft import Draft, GraphFile
from vae_core.imports.handed_in import HandedIn, is_of_torch
from vae_core.imports.layers import (
    RELU,
    SIGMOID,
    TANH,
    BatchNorm,
    Conv,
    Layer,
    Linear,
    MissingError,
    Plain,
    Shaped,
    Taken,
    Transposed,
    decoder_of,
    encoder_of,
)
from vae_core.imports.refusals import is_shard
from vae_core.imports.state_dicts import Weights, read_weights, unknown_weights

SUFFIXES = (".pt", ".pth", ".ckpt", ".safetensors", ".bin")
RARER_SUFFIXES = (".tar", ".weights")  # which others give to something else as well
MOST_OPENED = 20  # files whose suffix says nothing
NAMED_WEIGHTS = ("model.pt", "model.safetensors")
EXAMPLE, DISENTANGLING, VANILLA = MARKS = ("fc21.weight", "encoder.mu_logvar_gen.weight", "decoder_input.weight")
SPECS_FILE = "specs.json"
LEAKY = Plain("LeakyRelu", 0.01)
BURGESS_WIDTH, BURGESS_SIDE = 32, 4


def draft_of_weights(files: HandedIn, said: Description) -> Draft | None:
    """What a file of weights among these is a model of, with what is `said` beside it; None where there is none.

    Raises:
        ImportingError: the file can't be read, or its network is not known here.
    """
    names = _files_of_weights(files)
    if not names:
        return None
    if len(names) > 1:
        raise ImportingError(
            f"{files.title}: it holds {len(names)} files of weights ({', '.join(map(shortened, names[:5]))}); hand in "
            "one of them alone."
        )
    (name,) = names
    weights = read_weights(name, files.read(name), MARKS)
    try:
        if EXAMPLE in weights:
            return _example(files.title, name, weights, said)
        if DISENTANGLING in weights:
            return _disentangling(files.title, name, weights, said, _specs(files))
        if VANILLA in weights:
            return _vanilla(files.title, name, weights, said)
    except (MissingError, GraphError) as error:  # begins like a network that is known, and is another
        raise unknown_weights(name, weights) from error
    raise unknown_weights(name, weights)


def _specs(files: HandedIn) -> dict[str, object]:
    """What disentangling-vae keeps of a training beside its weights."""
    name = next(iter(files.called(SPECS_FILE)), None)
    return {} if name is None else files.read_json(name) or {}


def _files_of_weights(files: HandedIn) -> list[str]:
    """By their suffixes, or by what is in them; of several those of a name that says that they are the model."""
    names = files.with_suffix(*SUFFIXES) or files.with_suffix(*RARER_SUFFIXES)
    names = [name for name in names if not is_shard(name)]
    if not names and len(files.names) <= MOST_OPENED:
        names = [name for name in files.names if is_of_torch(files.read(name))]
    if len(names) > 1:
        return next((named for name in NAMED_WEIGHTS if (named := files.uppermost(name))), names)
    return names


def _draft(
    way: str,
    title: str,
    name: str,
    decoder: bytes,
    encoder: bytes,
    said: Description,
    notes: tuple[str, ...],
    **more: object,
) -> Draft:
    return Draft(way, title, GraphFile(name, decoder), GraphFile(name, encoder), said, notes, **more)  # type: ignore[arg-type]


def _all_taken(taken: Taken) -> None:
    if taken.rest():
        raise MissingError(taken.rest()[0])


def _example(title: str, name: str, weights: Weights, said: Description) -> Draft:
    """fc1, fc21, fc22: the encoder; fc3, fc4: the decoder."""
    taken = Taken(weights)
    numbers = taken.get("fc21.weight", 2).shape[0]
    image = _square(taken.get("fc1.weight", 2).shape[1], said)
    body = (Shaped((prod(image),)), Linear("fc1"), RELU)
    encoder = encoder_of(body, {"mean": Linear("fc21"), "log_variance": Linear("fc22")}, numbers, image, taken)
    decoder = decoder_of((Linear("fc3"), RELU, Linear("fc4"), SIGMOID), numbers, image, taken)
    _all_taken(taken)
    notes = (
        "Whether its likelihood is Bernoulli (the example until 2025) or continuous Bernoulli (since then) cannot be "
        "told from the weights.",
    )
    return _draft("pytorch/examples' VAE", title, name, decoder, encoder, said, notes)


def _square(pixels: int, said: Description) -> tuple[int, int, int]:
    for channels in (1, 3):
        side = isqrt(pixels // channels)
        if side * side * channels == pixels and said.channels in (None, channels) and 2 <= side <= LARGEST_IMAGE:
            return channels, side, side
    raise MissingError("fc1")


def _vanilla(title: str, name: str, weights: Weights, said: Description) -> Draft:
    """Halvings of the image, and as many doublings."""
    taken = Taken(weights)
    stages = sum(f"encoder.{number}.0.weight" in weights for number in range(32))
    numbers, start = taken.get("fc_mu.weight" if "fc_mu.weight" in weights else "fc_z.weight", 2).shape
    channels = taken.get("encoder.0.0.weight", 4).shape[1]
    last = taken.get(f"encoder.{stages - 1}.0.weight", 4).shape[0]
    side = isqrt(start // last)
    image = (channels, side << stages, side << stages)
    body: list[Layer] = []
    for number in range(stages):
        body += [Conv(f"encoder.{number}.0", 3, 2, 1), BatchNorm(f"encoder.{number}.1"), LEAKY]
    body.append(Shaped((start,)))
    heads = {"mean": Linear("fc_mu"), "log_variance": Linear("fc_var")}
    if "fc_z.weight" in weights:
        heads = {"mean": Linear("fc_z")}
    encoder = encoder_of(tuple(body), heads, numbers, image, taken)
    layers: list[Layer] = [Linear("decoder_input"), Shaped((last, side, side))]
    for number in range(stages - 1):
        layers += [Transposed(f"decoder.{number}.0", 3, 2, 1, 1), BatchNorm(f"decoder.{number}.1"), LEAKY]
    layers += [Transposed("final_layer.0", 3, 2, 1, 1), BatchNorm("final_layer.1"), LEAKY]
    layers += [Conv("final_layer.3", 3, 1, 1), TANH]
    decoder = decoder_of(tuple(layers), numbers, image, taken)
    _all_taken(taken)
    notes = ("Its loss mixes square error and KL by a weight of the settings, which is not in the weights.",)
    asked = () if said.answers("pixels") else (PIXELS_QUESTION,)
    said = said.over(Description(pixels="unit"))
    return _draft("PyTorch-VAE", title, name, decoder, encoder, said, notes, questions=asked)


def _disentangling(title: str, name: str, weights: Weights, said: Description, specs: dict[str, object]) -> Draft:
    """Burgess' networks: four convolutions at 64 pixels, three at 32; mean and log variance take turns."""
    weights = _apart(weights)
    taken = Taken(weights)
    large = "encoder.conv_64.weight" in weights
    side = 64 if large else 32
    image = (taken.get("encoder.conv1.weight", 4).shape[1], side, side)
    numbers = taken.get("encoder.mean.weight", 2).shape[0]
    convolutions = ["conv1", "conv2", "conv3", *(["conv_64"] if large else [])]
    flat = BURGESS_WIDTH * BURGESS_SIDE**2
    body: list[Layer] = [layer for part in convolutions for layer in (Conv(f"encoder.{part}", 4, 2, 1), RELU)]
    body += [Shaped((flat,)), Linear("encoder.lin1"), RELU, Linear("encoder.lin2"), RELU]
    heads = {"mean": Linear("encoder.mean"), "log_variance": Linear("encoder.log_variance")}
    encoder = encoder_of(tuple(body), heads, numbers, image, taken)
    layers: list[Layer] = [layer for part in ("lin1", "lin2", "lin3") for layer in (Linear(f"decoder.{part}"), RELU)]
    layers.append(Shaped((BURGESS_WIDTH, BURGESS_SIDE, BURGESS_SIDE)))
    for part in [*(["convT_64"] if large else []), "convT1", "convT2"]:
        layers += [Transposed(f"decoder.{part}", 4, 2, 1), RELU]
    layers += [Transposed("decoder.convT3", 4, 2, 1), SIGMOID]
    decoder = decoder_of(tuple(layers), numbers, image, taken)
    _all_taken(taken)
    # Its Gaussian loss is Σ (255 Δ)² / 255 = 255 Σ Δ², that of a variance σ with 1 / (2σ) = 255.
    known = {
        "bernoulli": Description(likelihood="bernoulli"),
        "gaussian": Description(likelihood="gaussian", variance=1 / 510),
    }
    said = said.over(known.get(str(specs.get("rec_dist")), Description()))
    loss = specs.get("loss")
    notes = (f"Its loss was {shortened(loss)}.",) if isinstance(loss, str) and loss.isprintable() else ()
    return _draft("disentangling-vae", title, name, decoder, encoder, said, notes)


def _apart(weights: Weights) -> Weights:
    """The last layer's rows are mean and log variance in turns."""
    kept = {name: values for name, values in weights.items() if not name.startswith("encoder.mu_logvar_gen.")}
    for part in ("weight", "bias"):
        both = weights.get(f"encoder.mu_logvar_gen.{part}")
        if both is None:
            raise MissingError("encoder.mu_logvar_gen")
        kept[f"encoder.mean.{part}"] = np.ascontiguousarray(both[0::2])
        kept[f"encoder.log_variance.{part}"] = np.ascontiguousarray(both[1::2])
    return kept

"""Models that pythae saved: its default networks and those that it ships, by the names and shapes of their weights.

github.com/clementchadebec/benchmark_VAE, version 0.1. A folder has `model_config.json`, `environment.json` and
`model.pt`; where somebody gave it networks, these lie beside as pickles, which are never opened.
"""

from math import isqrt, prod
from pathlib import PurePosixPath

from vae_core.errors import GraphError, ImportingError, shortened
from vae_core.imports.bridge import bridge
from vae_core.imports.description import Description
from vae_core.imports.draft import Draft, GraphFile
from vae_core.imports.handed_in import HandedIn
from vae_core.imports.layers import (
    RELU,
    SIGMOID,
    BatchNorm,
    Conv,
    Layer,
    Linear,
    MissingError,
    Residual,
    Shaped,
    Taken,
    Transposed,
    decoder_of,
    encoder_of,
)
from vae_core.imports.state_dicts import Weights, read_weights

CONFIG_FILE, WEIGHTS_FILE = "model_config.json", "model.pt"
FINAL_FOLDER = "final_model"  # of a training's folder, beside checkpoints of its way there
OTHER_LATENTS = {
    "VQVAEConfig": "come from a table",
    "SVAEConfig": "lie on a sphere",
    "PoincareVAEConfig": "lie in a disk",
}
FLOWS = ("VAE_IAF_Config", "VAE_LinNF_Config")
# What some kinds keep that neither encodes nor decodes: judges, priors, and numbers of the training alone.
BESIDE = (
    "discriminator",
    "pseudo_inputs",
    "metric",
    "M",
    "centroids",
    "beta_zero_sqrt",
    "eps_lf",
    "lbd",
    "temperature",
)
# Trained by a bound on the likelihood that its settings name; the others are only shown.
WITH_LIKELIHOOD = (
    "VAE",
    "BetaVAE",
    "BetaTCVAE",
    "DisentangledBetaVAE",
    "FactorVAE",
    "INFOVAE_MMD",
    "IWAE",
    "VAMP",
    "HVAE",
)
Image = tuple[int, int, int]


def draft_of_pythae(files: HandedIn, said: Description) -> Draft | None:
    """What a folder of pythae's is a model of, with what is `said` beside it; None where there is none.

    Raises:
        ImportingError: it is damaged, or has networks that only its pickles know.
    """
    configs = {name: files.read_json(name) or {} for name in files.uppermost(CONFIG_FILE)}
    names = [name for name, config in configs.items() if _is_of_pythae(config)]
    if not names:
        return None
    config_name = _chosen(files, names)
    config = configs[config_name]
    kind = str(config["name"])
    _refuse_kind(config_name, kind)
    image = _image(config_name, config.get("input_dim"))
    weights_name = str(PurePosixPath(config_name).parent / WEIGHTS_FILE)
    if weights_name not in files.names and files.with_suffix(".onnx"):
        return None
    if weights_name not in files.names:
        raise ImportingError(f"{files.title}: {WEIGHTS_FILE} is missing beside {CONFIG_FILE}.")
    weights = read_weights(weights_name, files.read(weights_name))
    _refuse_others(weights_name, weights)
    numbers = config.get("latent_dim")
    if not isinstance(numbers, int) or not 1 <= numbers <= 512:
        raise ImportingError(f"{config_name}: latent_dim is {shortened(repr(numbers))}; it must be from 1 to 512.")
    decoder, decoder_words = _first_that_fits(_decoders(image), weights, "decoder.", numbers, image)
    encoder, encoder_words = _first_that_fits(_encoders(image), weights, "encoder.", numbers, image)
    if decoder is None or encoder is None:
        side = "decoder" if decoder is None else "encoder"
        raise ImportingError(
            f"{files.title}: its {side} is no network that pythae ships, but one that only {side}.pkl knows, a pickle, "
            f"which is never opened. {bridge()}"
        )
    return Draft(
        way="pythae",
        title=files.title,
        decoder=GraphFile(weights_name, decoder),
        encoder=GraphFile(weights_name, encoder),
        description=said.over(_likelihood(kind.removesuffix("Config"), config)),
        notes=(f"A {shortened(kind.removesuffix('Config'))} with pythae's {encoder_words} and {decoder_words}.",),
    )


def _is_of_pythae(config: dict[str, object]) -> bool:
    """By the name of pythae's class that wrote it: others have a file of this name, too."""
    return str(config.get("name")).endswith("Config") and "input_dim" in config


def _chosen(files: HandedIn, names: list[str]) -> str:
    """Of the models of one training the last one. Raises ImportingError where it's not clear which is meant."""
    final = [name for name in names if PurePosixPath(name).parent.name == FINAL_FOLDER]
    chosen = final or names
    files.refuse_several(chosen, "models of pythae")
    return chosen[0]


def _refuse_kind(name: str, kind: str) -> None:
    if kind in OTHER_LATENTS:
        raise ImportingError(f"{name}: the latents of a {kind.removesuffix('Config')} {OTHER_LATENTS[kind]}.")
    if kind in FLOWS:
        raise ImportingError(
            f"{name}: a {kind.removesuffix('_Config')} leads its latents through a flow between encoder and decoder, "
            f"which is not read here: write the decoder alone as ONNX, or an encoder with the flow in it. {bridge()}"
        )


def _refuse_others(name: str, weights: Weights) -> None:
    """Weights of parts that nobody asks for may stand between encoder and decoder."""
    others = [key for key in weights if key.split(".")[0] not in ("encoder", "decoder", *BESIDE)]
    if others:
        raise ImportingError(
            f"{shortened(name)}: beside its encoder and decoder it has {shortened(others[0])}, a part that is not "
            f"known here. {bridge()}"
        )


def _image(name: str, sizes: object) -> Image:
    if isinstance(sizes, list) and all(isinstance(size, int) and size > 0 for size in sizes):
        if len(sizes) == 3 and sizes[1] == sizes[2]:
            return sizes[0], sizes[1], sizes[2]
        side = isqrt(prod(sizes))
        if len(sizes) == 1 and side * side == sizes[0]:
            return 1, side, side
        if len(sizes) == 2 and sizes[0] == sizes[1]:
            return 1, sizes[0], sizes[0]
    raise ImportingError(f"{name}: input_dim {shortened(repr(sizes))} is no square image.")


def _likelihood(kind: str, config: dict[str, object]) -> Description:
    """pythae's square error is ½ Σ Δ², that of a Gaussian of variance 1."""
    loss = config.get("reconstruction_loss")
    if kind not in WITH_LIKELIHOOD or loss not in ("bce", "mse"):
        return Description()
    return Description(likelihood="bernoulli") if loss == "bce" else Description(likelihood="gaussian", variance=1.0)


def _first_that_fits(
    candidates: dict[str, tuple[Layer, ...]], weights: Weights, prefix: str, numbers: int, image: Image
) -> tuple[bytes | None, str]:
    for words, layers in candidates.items():
        taken = Taken(weights, prefix)
        try:
            if prefix == "decoder.":
                graph = decoder_of(layers, numbers, image, taken)
            else:
                heads = {"embedding": Linear("embedding")}
                if "encoder.log_var.weight" in weights:
                    heads["log_var"] = Linear("log_var")
                graph = encoder_of(layers, heads, numbers, image, taken)
        except (MissingError, GraphError):
            continue
        if not taken.rest():
            return graph, words
    return None, ""


def _block(name: str) -> Residual:
    """pythae's ResBlock."""
    return Residual((RELU, Conv(f"{name}.conv_block.1", 3, 1, 1), RELU, Conv(f"{name}.conv_block.3", 1)))


def _normal(layer: Layer, name: str) -> tuple[Layer, ...]:
    return (layer, BatchNorm(name), RELU)


def _halvings() -> tuple[Layer, ...]:
    return tuple(layer for n in range(4) for layer in _normal(Conv(f"layers.{n}.0", 4, 2, 1), f"layers.{n}.1"))


FLAT = Shaped((-1,))
HALVED_TWICE = (Conv("layers.0.0", 4, 2, 1), Conv("layers.1.0", 4, 2, 1))
SHIPPED_ENCODERS: dict[str, tuple[Layer, ...]] = {
    "convolutional encoder": (*_halvings(), FLAT),
    "ResNet encoder for MNIST": (
        *HALVED_TWICE,
        Conv("layers.2.0", 3, 2, 1),
        _block("layers.3.0"),
        _block("layers.3.1"),
        FLAT,
    ),
    "ResNet encoder for CIFAR": (
        *HALVED_TWICE,
        Conv("layers.2.0", 3, 1, 1),
        _block("layers.3.0"),
        _block("layers.3.1"),
        FLAT,
    ),
    "ResNet encoder for CelebA": (
        *HALVED_TWICE,
        Conv("layers.2.0", 3, 2, 1),
        Conv("layers.3.0", 3, 2, 1),
        _block("layers.4.0"),
        _block("layers.4.1"),
        FLAT,
    ),
}
SHIPPED_DECODERS: dict[str, tuple[Layer, ...]] = {
    "convolutional decoder for MNIST": (
        Linear("layers.0"),
        Shaped((1024, 4, 4)),
        *_normal(Transposed("layers.1.0", 3, 2, 1), "layers.1.1"),
        *_normal(Transposed("layers.2.0", 3, 2, 1, 1), "layers.2.1"),
        Transposed("layers.3.0", 3, 2, 1, 1),
        SIGMOID,
    ),
    "convolutional decoder for CIFAR": (
        Linear("layers.0"),
        Shaped((1024, 8, 8)),
        *_normal(Transposed("layers.1.0", 4, 2, 1), "layers.1.1"),
        *_normal(Transposed("layers.2.0", 4, 2, 1, 1), "layers.2.1"),
        Transposed("layers.3.0", 4, 1, 2),
        SIGMOID,
    ),
    "convolutional decoder for CelebA": (
        Linear("layers.0.0"),
        Shaped((1024, 8, 8)),
        *_normal(Transposed("layers.1.0", 5, 2, 2), "layers.1.1"),
        *_normal(Transposed("layers.2.0", 5, 2, 1), "layers.2.1"),
        *_normal(Transposed("layers.3.0", 5, 2, 2, 1), "layers.3.1"),
        Transposed("layers.4.0", 5, 1, 1),
        SIGMOID,
    ),
    "ResNet decoder for MNIST": (
        Linear("layers.0"),
        Shaped((128, 4, 4)),
        Transposed("layers.1", 3, 2, 1),
        _block("layers.2.0"),
        _block("layers.2.1"),
        RELU,
        Transposed("layers.3.0", 3, 2, 1, 1),
        RELU,
        Transposed("layers.4.0", 3, 2, 1, 1),
        SIGMOID,
    ),
    "ResNet decoder for CIFAR": (
        Linear("layers.0"),
        Shaped((128, 8, 8)),
        _block("layers.1.0"),
        _block("layers.1.1"),
        Transposed("layers.2.0", 4, 2, 1),
        Transposed("layers.3.0", 4, 2, 1),
        SIGMOID,
    ),
    "ResNet decoder for CelebA": (
        Linear("layers.0"),
        Shaped((128, 4, 4)),
        Transposed("layers.1", 3, 2, 1),
        _block("layers.2.0"),
        _block("layers.2.1"),
        Transposed("layers.3.0", 5, 2, 1),
        SIGMOID,
        Transposed("layers.4.0", 5, 2, 1, 1),
        Transposed("layers.5.0", 4, 2, 1),
        SIGMOID,
    ),
}


def _encoders(image: Image) -> dict[str, tuple[Layer, ...]]:
    default = (Shaped((prod(image),)), Linear("layers.0.0"), RELU)
    return {"default encoder": default, **SHIPPED_ENCODERS}


def _decoders(image: Image) -> dict[str, tuple[Layer, ...]]:
    default = (Linear("layers.0.0"), RELU, Linear("layers.1.0"), SIGMOID, Shaped(image))
    return {"default decoder": default, **SHIPPED_DECODERS}

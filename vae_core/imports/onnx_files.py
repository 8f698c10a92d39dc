"""ONNX graphs as people and exporters leave them: a decoder, perhaps an encoder, and a description beside them."""

import re
from math import prod
from pathlib import PurePosixPath

from vae_core.errors import GraphError, ImportingError, shortened
from vae_core.imports.description import Description
from vae_core.imports.draft import Draft, GraphFile
from vae_core.imports.first_run import float_inputs
from vae_core.imports.handed_in import HandedIn
from vae_core.onnx_graphs.opening import open_graph

MOST_GRAPHS = 20
ENCODER = re.compile(r"(?<!auto)(?<!auto[_-])encoder")
_SAVE_ANEW = "name them decoder.onnx and encoder.onnx"


def draft_of_onnx(files: HandedIn, said: Description) -> Draft | None:
    """What ONNX files among these are a model, with what is `said` beside them; None where there are none.

    Raises:
        ImportingError: they cannot be told apart, or one is no graph that can be taken.
    """
    names = files.with_suffix(".onnx")
    if not names:
        return None
    if len(names) > MOST_GRAPHS:
        raise ImportingError(f"{files.title}: {len(names)} ONNX files are no model; {_SAVE_ANEW}.")
    decoder, encoder = _roles(files, names)
    exporters = PurePosixPath(decoder).parent.name == "vae_decoder"
    if exporters:
        # diffusers' own networks see images from -1 to 1.
        said = said.over(Description(pixels="signed"))
    return Draft(
        way="ONNX, as Hugging Face's exporters write it" if exporters else "ONNX",
        title=files.title,
        decoder=GraphFile(decoder, files.read(decoder)),
        encoder=None if encoder is None else GraphFile(encoder, files.read(encoder)),
        description=said,
    )


def _roles(files: HandedIn, names: list[str]) -> tuple[str, str | None]:
    """Which is the decoder, and which the encoder: by their names, and of others by what they take and give."""
    decoders = [name for name in names if "decoder" in _plain(name)]
    encoders = [name for name in names if ENCODER.search(_plain(name))]
    if len(decoders) == 1 and len(encoders) <= 1:
        return decoders[0], encoders[0] if encoders else None
    if len(names) > 2:
        raise ImportingError(
            f"{files.title}: it holds {len(names)} ONNX files ({', '.join(map(shortened, names[:5]))}…); {_SAVE_ANEW}, "
            "and leave the others out."
        )
    grows = {name: _grows(files, name) for name in names}
    growing = [name for name in names if grows[name]]
    if len(growing) == 1:
        return growing[0], next((name for name in names if not grows[name]), None)
    if len(names) == 1 and not encoders:
        return names[0], None
    if len(names) == 1:
        raise ImportingError(f"{shortened(names[0])}: an encoder alone draws nothing; hand in its decoder, too.")
    raise ImportingError(f"{files.title}: its two ONNX files cannot be told apart; {_SAVE_ANEW}.")


def _plain(name: str) -> str:
    return "/".join(PurePosixPath(name).parts[-2:]).lower()


def _grows(files: HandedIn, name: str) -> bool:
    """Whether a graph gives more numbers than it takes, by what it declares."""
    try:
        model = open_graph(files.read(name))
        taken = sum(prod(size or 1 for size in sizes[1:]) for sizes in float_inputs(model).values())
    except GraphError as error:
        raise ImportingError(f"{shortened(name)}: {error}") from None
    given = max(
        prod(dim.dim_value or 1 for dim in value.type.tensor_type.shape.dim[1:]) for value in model.graph.output
    )
    return given > taken

"""The command that brings a VAE from elsewhere: a look at it, or a checkpoint with its map."""

import argparse
from pathlib import Path

from vae_core.cli.arguments import given_options
from vae_core.cli.reporting import ProgressLine, Result
from vae_core.errors import UserError
from vae_core.imports.bridge import BRIDGES
from vae_core.imports.description import Description, Found
from vae_core.imports.hub import fetched, is_repository
from vae_core.imports.importing import import_model
from vae_core.imports.model_look import look
from vae_core.scratch import Scratch


def import_vae(options: argparse.Namespace) -> Result:
    """Look at a model, or import it; or print the lines that write one as ONNX."""
    if options.bridge:
        return Result({"bridge": BRIDGES[options.bridge]}, BRIDGES[options.bridge])
    if not options.source:
        raise UserError("which model? Name a folder, a file, or owner/name of Hugging Face.")
    said = Description.parse(given_options(options, "said"))
    if not options.output:
        return _look(options.source, said)
    line = ProgressLine()
    summary = import_model(
        options.source,
        options.output,
        said=said,
        data=options.data,
        data_dir=options.data_dir,
        crop=options.crop,
        progress=line,
    )
    line.finish()
    origin = summary.origin
    values = {
        "path": str(summary.path),
        "model": summary.model.model_dump(mode="json"),
        "origin": None if origin is None else origin.model_dump(mode="json"),
    }
    about = "a checkpoint of this software" if origin is None else f"{origin.way}; its map shows {origin.mapped}"
    lines = [f"{summary.name}: {about}. Open it on the Explore page.", *(origin.notes if origin else ())]
    return Result(values, "\n".join(lines))


def _look(source: str, said: Description) -> Result:
    with Scratch() as scratch:
        work = scratch.folder
        line = ProgressLine()
        path = fetched(source, work, line) if is_repository(source) else Path(source)
        line.finish()
        found = look(path, work, said)
    return Result(found.model_dump(mode="json"), "\n".join(_words(found)))


def _words(found: Found) -> list[str]:
    return [
        f"{found.title}: {found.words}",
        *found.notes,
        *(
            f"{question.words} Say --{question.field} {'|'.join(option.value for option in question.options)}; by its "
            f"numbers: {question.guess}."
            for question in found.questions
        ),
        "Give --output DIR to import it.",
    ]

"""A model as it was found, and what each answer to an open question would mean, shown before anything is made of it."""

from pathlib import Path

import torch

from vae_core.checkpoint.graph_files import imported_model
from vae_core.checkpoint.layout import DECODER_FILE, ENCODER_FILE
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.config import ModelConfig
from vae_core.data.dataset import Dataset
from vae_core.films.pictures import contact_sheet
from vae_core.imports.description import Found, Question, answered
from vae_core.model.imported import has_encoder
from vae_core.model.vae import VAE

SHOWN = 8


def preview(found: Found, work: Path, images: Dataset | None = None) -> bytes:
    """A PNG of what a look into `work` has found, each open question answered with its guess.

    Rows of eight images, their reconstructions, and samples from draws of N(0, I); without images or an encoder the
    samples alone.

    Raises:
        CheckpointError: nothing here runs one of the graphs.
    """
    model = load_checkpoint(found.folder).model if found.folder else _model(found, work)
    return _sheet(model, found.latent_numbers, images)


def previews(found: Found, question: Question, work: Path, images: Dataset | None = None) -> dict[str, bytes]:
    """The same for each answer of a question that a look into `work` has left open; none of a very large model.

    Raises:
        CheckpointError: nothing here runs one of the graphs.
    """
    folders = {option.value: answered(work, question.field, option.value) for option in question.options}
    return {
        answer: _sheet(_model(found, folder), found.latent_numbers, images)
        for answer, folder in folders.items()
        if (folder / DECODER_FILE).exists()
    }


def _model(found: Found, folder: Path) -> VAE:
    config = ModelConfig.parse(
        {
            "network": "imported",
            "latent_dim": 1,  # it is only asked for images
            "image_size": found.image_size,
            "channels": found.channels,
            "likelihood": "unknown",
        }
    )
    encoder = None if found.encoder == "none" else (folder / ENCODER_FILE).read_bytes()
    decoder = (folder / DECODER_FILE).read_bytes()
    return imported_model(folder, config, decoder, encoder, found.differentiable, found.encoder_in_torch)


@torch.inference_mode()
def _sheet(model: VAE, numbers: int, images: Dataset | None) -> bytes:
    drawn = [model.decode(torch.randn(SHOWN, numbers, generator=torch.Generator().manual_seed(0)))]
    if images is not None and has_encoder(model):
        x = images.batch(torch.linspace(0, len(images) - 1, SHOWN).long())
        drawn = [x, model.decode(model.posterior(x).mean), *drawn]
    return contact_sheet(torch.cat(drawn).numpy(), SHOWN)

"""What each answer to an open question would mean, shown: eight images as the model would give them back."""

from pathlib import Path

import torch

from vae_core.checkpoint.graph_files import imported_model
from vae_core.checkpoint.layout import DECODER_FILE, ENCODER_FILE
from vae_core.config import ModelConfig
from vae_core.data.dataset import Dataset
from vae_core.films.pictures import contact_sheet
from vae_core.imports.description import Found, Question, answered

SHOWN = 8


@torch.inference_mode()
def previews(found: Found, question: Question, work: Path, images: Dataset | None = None) -> dict[str, bytes]:
    """A PNG for each answer of a question that a look into `work` has left open; none of a very large model.

    Above eight images, below them their reconstructions; without images or an encoder, eight draws of N(0, I).

    Raises:
        CheckpointError: nothing here runs one of the graphs.
    """
    config = ModelConfig.parse(
        {
            "network": "imported",
            "latent_dim": 1,  # it is only asked for images
            "image_size": found.image_size,
            "channels": found.channels,
            "likelihood": "unknown",
        }
    )
    shown: dict[str, bytes] = {}
    for option in question.options:
        folder = answered(work, question.field, option.value)
        if not (folder / DECODER_FILE).exists():
            continue
        encoder = None if found.encoder == "none" else (folder / ENCODER_FILE).read_bytes()
        model = imported_model(folder, config, (folder / DECODER_FILE).read_bytes(), encoder, found.differentiable)
        if images is not None and encoder is not None:
            x = images.batch(torch.linspace(0, len(images) - 1, min(SHOWN, len(images))).long())
            drawn = torch.cat([x, model.decode(model.posterior(x).mean)])
        else:
            draws = torch.randn(SHOWN, found.latent_numbers, generator=torch.Generator().manual_seed(0))
            drawn = model.decode(draws)
        shown[option.value] = contact_sheet(drawn.numpy(), SHOWN)
    return shown

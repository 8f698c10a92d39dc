"""Makes a checkpoint of a model that comes from elsewhere: its graphs, its card, and a map at once."""

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from vae_core.checkpoint.card import kept_sentence, write_card
from vae_core.checkpoint.graph_files import imported_model, write_graphs
from vae_core.checkpoint.layout import (
    DECODER_FILE,
    ENCODER_FILE,
    EXPLORER_FOLDER,
    CheckpointSummary,
    read_checkpoint,
    write_config,
)
from vae_core.checkpoint.prior_file import write_prior
from vae_core.checkpoint.provenance import DataDescription, Origin
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.config import WITH_VARIANCE, Crop, ModelConfig, TrainConfig
from vae_core.data.dataset import Dataset
from vae_core.data.named.locations import lasting
from vae_core.errors import ImportingError
from vae_core.evaluation import batches
from vae_core.explorer_files.latent_map import map_dataset
from vae_core.explorer_files.writer import write_explorer
from vae_core.files import replacing_folder
from vae_core.fitting import fit_prior
from vae_core.imports.description import Description, Found, Question
from vae_core.imports.hub import fetched, is_repository
from vae_core.imports.mapped import Shown, images_of, known_latents, what_to_map
from vae_core.imports.model_look import IMPORTING, look
from vae_core.imports.shaped_latents import (
    MOST_IMAGES,
    decoder_by_components,
    encoder_by_components,
    principal_components,
)
from vae_core.model.imported import ImportedVAE
from vae_core.progress import Progress, ProgressListener, silent
from vae_core.scratch import Scratch

MOST_DIMENSIONS = 512  # that are explored as they are


def import_model(
    source: str | Path,
    output: str | Path,
    *,
    said: Description | None = None,
    data: str | None = None,
    data_dir: str | None = None,
    crop: Crop = "middle",
    called: str | None = None,
    progress: ProgressListener = silent,
) -> CheckpointSummary:
    """Import a folder, a ZIP, a file or a Hugging Face repository `owner/name` into the new folder `output`.

    `said` answers what its files leave open; `data` are images to map; `called` is what the source is
    known as, where its path is none that lasts. Whatever goes wrong, nothing is left behind.

    Raises:
        ImportingError: it is no model that can be taken, a question is open, or `output` is there already.
        DatasetError: the images can't be read, or don't fit.
    """
    folder = Path(output)
    taken = ImportingError(f"{folder}: there is something of this name already; choose another.")
    if folder.exists() or folder.is_symlink():
        raise taken
    with Scratch() as scratch:
        work = scratch.folder
        path = fetched(str(source), work, progress) if is_repository(source) else Path(source)
        progress(Progress(IMPORTING, 0, 1))
        found = look(path, work, said)
        progress(Progress(IMPORTING, 1, 1))
        if found.questions:
            raise ImportingError(open_questions(found.title, found.questions))
        try:
            if found.folder is not None:
                _take_ours(Path(found.folder), folder)
            else:
                images = images_of(data, found, data_dir, crop, progress)
                name = called or (str(source) if is_repository(source) else path.name)
                _Import(found, work, name, images, data, crop, progress, lasting=called is None).write(folder)
        except FileExistsError:  # it has come to be there meanwhile
            raise taken from None
    return read_checkpoint(folder)


def open_questions(title: str, questions: Iterable[Question]) -> str:
    """What must be said before a model can be taken, as the command takes it."""
    asked = []
    for question in questions:
        options = "; ".join(f"--{question.field} {option.value}: {option.words}" for option in question.options)
        asked.append(f"{question.words} {options} (by its numbers: {question.guess}).")
    return f"{title}: its files do not say everything. {' '.join(asked)}"


def _take_ours(made: Path, folder: Path) -> None:
    with replacing_folder(folder, is_new=True) as temporary:
        shutil.copytree(made, temporary, dirs_exist_ok=True)
        write_card(temporary, name=folder.name, to_know=kept_sentence(made))


class _Import:
    def __init__(
        self,
        found: Found,
        work: Path,
        name: str,
        images: Dataset | None,
        data: str | None,
        crop: Crop,
        progress: ProgressListener,
        *,
        lasting: bool = True,
    ) -> None:
        self.found, self.work, self.name, self.lasting = found, work, name, lasting
        self.images, self.data, self.crop, self.progress = images, data, crop, progress
        self.decoder = (work / DECODER_FILE).read_bytes()
        self.encoder = None if found.encoder == "none" else (work / ENCODER_FILE).read_bytes()
        self.variance_kept: float | None = None

    def write(self, folder: Path) -> None:
        """The checkpoint with its map, whole or not at all."""
        latents = known_latents(self.found)
        dimensions = self.found.latent_numbers
        if self.found.has_shaped_latents or dimensions > MOST_DIMENSIONS:
            latents, dimensions = self._reduce(latents)
        config = self._config(dimensions)
        model = self._model(config)
        shown = what_to_map(model, self.images, latents)
        with replacing_folder(folder, is_new=True) as temporary:
            write_graphs(temporary, self.decoder, self.encoder)
            write_config(temporary, config, self._training(), _describe(shown), self._origin(model, shown))
            self._map(temporary, folder.name, shown)
            write_card(temporary, name=folder.name)

    def _config(self, dimensions: int) -> ModelConfig:
        found = self.found
        likelihood = "unknown" if self.variance_kept is not None else found.likelihood
        return ModelConfig.parse(
            {
                "network": "imported",
                "latent_dim": dimensions,
                "image_size": found.image_size,
                "channels": found.channels,
                "likelihood": likelihood,
                "variance": found.variance if likelihood in WITH_VARIANCE else None,
            }
        )

    def _model(self, config: ModelConfig) -> ImportedVAE:
        found = self.found
        return imported_model(
            Path(found.title),
            config,
            self.decoder,
            self.encoder,
            found.differentiable,
            found.encoder_in_torch,
            encodes_variance=found.encoder == "mean and variance",
        )

    def _training(self) -> TrainConfig:
        beside = self.found.images
        if self.data is None and (beside is None or not self.lasting or Path(beside).is_relative_to(self.work)):
            data = self.name  # what lies there is gone soon
        else:
            data = lasting(str(self.data or beside))
        return TrainConfig.parse({"data": data, "crop": self.crop})

    def _origin(self, model: ImportedVAE, shown: Shown) -> Origin:
        in_torch = self.found.encoder_in_torch
        return Origin(
            way=self.found.way,
            source=self.name,
            fingerprint=hashlib.sha256(self.decoder).hexdigest(),
            encoder=self.found.encoder,
            latent_shape=self.found.latent_shape,
            variance_kept=self.variance_kept,
            mapped=shown.words,
            differentiable=model.differentiable,
            encoder_in_torch=in_torch if self.encoder is not None and in_torch != model.differentiable else None,
            notes=self.found.notes,
        )

    def _reduce(self, latents: Tensor | None) -> tuple[Tensor | None, int]:
        """Put principal components in the place of the latents, those of the known ones or of the encodings.

        Returns the known latents by them, and their number.
        """
        found = self.found
        own = latents if latents is not None else self._encoded()
        if own is None:
            shape = " × ".join(map(str, found.latent_shape))
            raise ImportingError(
                f"{found.title}: its latents have the shape {shape}, and are explored by the principal components of "
                "images: hand in images of yours (--data), and an encoder."
            )
        components = principal_components(own[:: -(-len(own) // MOST_IMAGES)])
        self.variance_kept = components.variance_kept
        image = (found.channels, found.image_size, found.image_size)
        self.decoder = decoder_by_components(self.decoder, components, image)
        if self.encoder is not None:
            self.encoder = encoder_by_components(self.encoder, components, image)
        known = None if latents is None else (latents - components.mean) @ components.directions
        return known, components.directions.shape[1]

    @torch.inference_mode()
    def _encoded(self) -> Tensor | None:
        """The means of the images, (N, D)."""
        if self.images is None or self.encoder is None:
            return None
        # Of as many numbers as no model has that is explored: it is only asked for means.
        model = self._model(self._config(1))
        means = []
        total = min(len(self.images), MOST_IMAGES)
        for _, x in batches(self.images, torch.arange(total), 100, torch.device("cpu")):
            means.append(model.posterior(x).mean)
            self.progress(Progress("Encoding images", sum(map(len, means)), total))
        return torch.cat(means)

    def _map(self, temporary: Path, name: str, shown: Shown) -> None:
        checkpoint = load_checkpoint(temporary)
        prior = None
        if shown.decoded != "draws":
            prior = fit_prior(checkpoint.model, shown.dataset, latents=shown.latents, progress=self.progress)
            write_prior(temporary, prior)
        named = replace(checkpoint, summary=replace(checkpoint.summary, name=name), fitted_prior=prior)
        latent_map = map_dataset(checkpoint.model, shown.dataset, latents=shown.latents, progress=self.progress)
        write_explorer(named, latent_map, temporary / EXPLORER_FOLDER, decoded=shown.decoded, progress=self.progress)


def _describe(shown: Shown) -> DataDescription:
    """Of data; draws and latents have no classes, and what they are called is no name of one."""
    dataset = shown.dataset
    names = dataset.class_names if shown.decoded is None else ()
    return DataDescription(name=dataset.name, fingerprint=dataset.fingerprint, images=len(dataset), class_names=names)

"""The explorer files as a whole: what is in them, that they agree, and that nothing is ever half-written."""

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image

from tests.block_images import blocks
from vae_core.checkpoint.provenance import DataDescription
from vae_core.checkpoint.weights import Checkpoint, save_checkpoint
from vae_core.config import Crop, ModelConfig, TrainConfig
from vae_core.data.files.treatment import Treatment, ValueRange
from vae_core.errors import DatasetError, UserError
from vae_core.explorer_files import publishing
from vae_core.explorer_files.explorer_folder import check_contents
from vae_core.explorer_files.latent_map import LatentMap, map_dataset
from vae_core.explorer_files.manifest import Manifest
from vae_core.explorer_files.publishing import copy_explorer
from vae_core.explorer_files.writer import export_explorer, framing_of, write_explorer
from vae_core.model.vae import VAE
from vae_core.progress import Progress
from vae_core.projection.inverse import PlaneToLatent
from vae_core.projection.umap_settings import UmapSettings
from vae_core.randomness import stratified_sample


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    torch.manual_seed(0)
    model = VAE(ModelConfig(network="mlp", latent_dim=3, image_size=8, likelihood="bernoulli", hidden_units=16)).eval()
    data = DataDescription(name="blocks", fingerprint="ab" * 32, images=90, class_names=("low", "middle", "high"))
    folder = tmp_path_factory.mktemp("checkpoints") / "blocks-3d"
    return Checkpoint(save_checkpoint(folder, model, TrainConfig(data="blocks"), data), model)


@pytest.fixture(scope="module")
def events() -> list[Progress]:
    return []


@pytest.fixture(scope="module")
def folder(checkpoint: Checkpoint, events: list[Progress], tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("export") / "explorer"
    return export_explorer(checkpoint, blocks(), output, points=60, seed=1, progress=events.append)


@pytest.fixture(scope="module")
def manifest(folder: Path) -> Manifest:
    return check_contents(folder)


@pytest.fixture(scope="module")
def latent_map(checkpoint: Checkpoint) -> LatentMap:
    return map_dataset(checkpoint.model, blocks(), points=60, seed=1)


def array(folder: Path, manifest: Manifest, role: str) -> np.ndarray:
    file = getattr(manifest.files, role)
    return np.fromfile(folder / file.path, file.dtype).reshape(file.shape)


def test_a_model_that_was_removed_while_it_was_mapped_is_not_made_anew(checkpoint: Checkpoint, tmp_path: Path) -> None:
    removed = Checkpoint(dataclasses.replace(checkpoint.summary, path=tmp_path / "mine"), checkpoint.model)
    with pytest.raises(UserError, match="mine: this model was removed while its map was made"):
        export_explorer(removed, blocks(), tmp_path / "mine" / "explorer", points=60)
    assert not (tmp_path / "mine").exists()


def test_the_manifest_describes_model_data_and_map(manifest: Manifest) -> None:
    assert (manifest.name, manifest.model.network, manifest.model.latent_dim) == ("blocks-3d", "mlp", 3)
    assert (manifest.data.name, manifest.data.split, manifest.data.fingerprint) == (
        "blocks",
        "train",
        "ab" * 32,
    )
    assert (manifest.model.likelihood, manifest.model.variance, manifest.data.framing) == ("bernoulli", None, "crop")
    assert (manifest.map.method, manifest.map.count, manifest.map.total) == ("umap", 60, 90)
    assert manifest.map.sampled
    assert manifest.map.class_counts == [20, 20, 20]
    assert (manifest.map.settings, manifest.map.seed) == (UmapSettings(), 1)


def test_the_background_is_the_borders_mean(manifest: Manifest, latent_map: LatentMap) -> None:
    images = blocks().batch(latent_map.indices)
    border = torch.ones(8, 8, dtype=torch.bool)
    border[1:-1, 1:-1] = False
    assert manifest.data.background == pytest.approx(images[..., border].mean().item())


def test_the_variance_is_that_of_the_decoder(checkpoint: Checkpoint, latent_map: LatentMap, tmp_path: Path) -> None:
    model = VAE(checkpoint.model.config.model_copy(update={"likelihood": "gaussian", "variance": 0.04})).eval()
    summary = dataclasses.replace(checkpoint.summary, model=model.config)
    folder = write_explorer(Checkpoint(summary, model), latent_map, tmp_path / "explorer")
    assert check_contents(folder).model.variance == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("data", "crop", "framing"),
    [
        ("mnist", "middle", "mass"),
        ("digits", "middle", "box"),
        ("sprites", "middle", "crop"),
        ("/home/me/mnist", "middle", "crop"),
        ("/home/me/digits", "padded", "padded"),
    ],
)
def test_the_framing_follows_what_was_asked_for_in_training(data: str, crop: Crop, framing: str) -> None:
    assert framing_of(TrainConfig(data=data, crop=crop)) == framing


def test_how_the_numbers_of_files_became_bytes_is_told(
    checkpoint: Checkpoint, manifest: Manifest, latent_map: LatentMap, tmp_path: Path
) -> None:
    assert (manifest.data.ground, manifest.data.levels) == ("white", [0, 255])
    treatment = Treatment("black", of_bytes=ValueRange(0, 15), of_whole=ValueRange(0, 4095))
    treated = dataclasses.replace(latent_map.dataset, treatment=treatment)
    folder = write_explorer(checkpoint, dataclasses.replace(latent_map, dataset=treated), tmp_path / "explorer")
    data = check_contents(folder).data
    assert (data.ground, data.levels, data.whole_levels) == ("black", [0, 15], [0, 4095])


def test_images_of_0_and_1_alone_are_told(
    checkpoint: Checkpoint, manifest: Manifest, latent_map: LatentMap, tmp_path: Path
) -> None:
    assert not manifest.data.binarised
    seen = latent_map.dataset.as_seen(TrainConfig(data="digits", binarise="dynamic"))
    folder = write_explorer(checkpoint, dataclasses.replace(latent_map, dataset=seen), tmp_path / "explorer")
    assert check_contents(folder).data.binarised


def test_arrays_are_those_of_the_map(
    folder: Path, manifest: Manifest, latent_map: LatentMap, checkpoint: Checkpoint
) -> None:
    np.testing.assert_array_equal(array(folder, manifest, "points"), latent_map.projection.positions)
    images = blocks().batch(latent_map.indices)
    with torch.inference_mode():
        posterior = checkpoint.model.posterior(images)
        error = (checkpoint.model.decode(posterior.mean) - images).square().mean((1, 2, 3))
    np.testing.assert_allclose(array(folder, manifest, "latents"), posterior.mean, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(array(folder, manifest, "log_variances"), posterior.log_variance, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(array(folder, manifest, "kl"), posterior.kl_divergence(), rtol=1e-3)
    np.testing.assert_allclose(array(folder, manifest, "reconstruction_error"), error, rtol=1e-3)
    np.testing.assert_array_equal(array(folder, manifest, "labels"), blocks().labels[latent_map.indices])
    np.testing.assert_array_equal(array(folder, manifest, "indices"), latent_map.indices)
    assert manifest.latent.kl_per_dimension is not None
    np.testing.assert_allclose(manifest.latent.kl_per_dimension, posterior.kl_per_dimension().mean(0), rtol=1e-4)
    np.testing.assert_allclose(manifest.latent.mean, posterior.mean.mean(0), atol=1e-5)
    ordered = np.array(manifest.latent.kl_per_dimension)[manifest.latent.order]
    assert (np.diff(ordered) <= 0).all()
    left, bottom, right, top = manifest.map.bounds
    x, y = array(folder, manifest, "points").T
    assert left < x.min() <= x.max() < right
    assert bottom < y.min() <= y.max() < top


def test_what_the_way_back_is_fitted_to_is_written_where_it_is_not_the_latents(
    checkpoint: Checkpoint, manifest: Manifest, latent_map: LatentMap, tmp_path: Path
) -> None:
    assert manifest.files.plane_latents is None
    better = latent_map.projection.latents + 0.5
    refined = dataclasses.replace(latent_map.projection, plane_latents=better)
    written = dataclasses.replace(latent_map, projection=refined)
    folder = write_explorer(checkpoint, written, tmp_path / "explorer")
    found = check_contents(folder)
    np.testing.assert_array_equal(array(folder, found, "plane_latents"), better.half())
    assert array(folder, found, "latents").tolist() == latent_map.encoding.means.half().tolist()


def test_a_dragged_point_starts_exactly_as_itself(folder: Path, manifest: Manifest, checkpoint: Checkpoint) -> None:
    """decode(plane(p) + residual) with the residual z − plane(p), as the browser composes it."""
    decoder = onnxruntime.InferenceSession(folder / manifest.files.decoder.path)
    positions, latents = (
        array(folder, manifest, "points"),
        array(folder, manifest, "latents").astype(np.float32),
    )
    plane = PlaneToLatent(torch.from_numpy(positions.copy()), torch.from_numpy(latents))
    under = plane(torch.from_numpy(positions.copy()))[0].numpy()
    (decoded,) = decoder.run(None, {"latent": under + (latents - under)})
    images = blocks().batch(stratified_sample(blocks().labels, 60, seed=1))
    with torch.inference_mode():
        expected = checkpoint.model.decode(checkpoint.model.posterior(images).mean)
    assert np.abs(decoded - expected.numpy()).max() < 2 / 255


def test_the_round_trip_error_leaves_every_point_out(
    manifest: Manifest, latent_map: LatentMap, checkpoint: Checkpoint
) -> None:
    projection = latent_map.projection
    errors = []
    for index in range(60):
        others = torch.arange(60) != index
        module = PlaneToLatent(projection.positions[others], projection.latents[others])
        latent, _ = module(projection.positions[index : index + 1])
        with torch.inference_mode():
            decoded = checkpoint.model.decode(latent)
        errors.append((decoded - blocks().batch(latent_map.indices[index : index + 1])).square().mean().item())
    assert manifest.map.round_trip_error == pytest.approx(np.mean(errors), rel=1e-3)


def test_thumbnails_show_the_points_in_their_order(folder: Path, manifest: Manifest, latent_map: LatentMap) -> None:
    (entry,) = manifest.files.thumbnails
    sheet = np.asarray(Image.open(folder / entry.path).convert("L"))
    assert entry.tile == 8
    for index in (0, 1, 59):
        row, column = divmod(index, entry.columns)
        tile = sheet[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8]
        np.testing.assert_array_equal(tile, blocks().images[latent_map.indices[index], 0])


def test_what_the_manifest_says_of_the_point_to_begin_with_is_in_the_arrays(folder: Path, manifest: Manifest) -> None:
    start = manifest.map.start
    assert manifest.map.start_latent == array(folder, manifest, "latents")[start].tolist()
    assert manifest.map.start_position == array(folder, manifest, "points")[start].tolist()


def test_progress_never_goes_back_and_reaches_every_total(folder: Path, events: list[Progress]) -> None:
    assert folder.is_dir()
    stages = list(dict.fromkeys(event.stage for event in events))
    assert [stage for stage in stages if stage != "Loading UMAP"] == [  # told by a process's first map
        "Encoding images",
        "Finding neighbours",
        "Laying out the map",
        "Measuring the map",
        "Making thumbnails",
        "Writing the browser's files",
    ]
    for stage in stages:
        heard = [event for event in events if event.stage == stage]
        assert [event.done for event in heard] == sorted(event.done for event in heard)
        assert heard[-1].done == heard[-1].total


def test_the_same_seed_gives_the_same_files(
    folder: Path, manifest: Manifest, latent_map: LatentMap, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    again = write_explorer(checkpoint, latent_map, tmp_path / "again")
    assert check_contents(again) == manifest
    assert sorted(path.name for path in again.iterdir()) == sorted(path.name for path in folder.iterdir())


def test_what_the_manifest_says_of_a_map_makes_it_again(
    folder: Path, manifest: Manifest, checkpoint: Checkpoint
) -> None:
    said = manifest.map
    again = map_dataset(
        checkpoint.model, blocks(), method=said.method, settings=said.settings, points=said.count, seed=said.seed or 0
    )
    np.testing.assert_array_equal(array(folder, manifest, "points"), again.projection.positions)


def test_what_the_listener_raises_leaves_no_files(checkpoint: Checkpoint, tmp_path: Path) -> None:
    def stop(told: Progress) -> None:
        if told.stage == "Writing the browser's files":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_explorer(checkpoint, blocks(), tmp_path / "explorer", method="pca", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_copy_holds_the_same_files_and_replaces_what_was_there(
    folder: Path, manifest: Manifest, tmp_path: Path
) -> None:
    target = tmp_path / "site"
    target.mkdir()
    (target / "decoder.0123456789ab.onnx").write_bytes(b"an older graph")
    (target / "index.html").write_text("not ours")
    assert check_contents(copy_explorer(folder, target)) == manifest
    assert (target / "index.html").exists()
    assert not (target / "decoder.0123456789ab.onnx").exists()


@pytest.mark.parametrize("failing", ["encoder", "manifest.json"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_files_whole(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, error: BaseException
) -> None:
    target = copy_explorer(folder, tmp_path / "explorer")
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    newer = newer_files(folder, tmp_path / "newer")

    def fail_at(path: Path, content: object) -> None:
        if path.name.startswith(failing):
            raise error
        original(path, content)

    name = "write_json" if failing == "manifest.json" else "write_bytes"
    original = getattr(publishing, name)
    monkeypatch.setattr(publishing, name, fail_at)
    with pytest.raises(UserError if isinstance(error, OSError) else KeyboardInterrupt):
        copy_explorer(newer, target)
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before
    with pytest.raises((UserError, KeyboardInterrupt)):
        copy_explorer(newer, tmp_path / "fresh")
    assert not (tmp_path / "fresh").exists()


def newer_files(folder: Path, target: Path) -> Path:
    """The same files but for another graph `encoder`, under its own hash."""
    copy_explorer(folder, target)
    values = json.loads((target / "manifest.json").read_text())
    entry = values["files"]["encoder"]
    content = (target / entry["path"]).read_bytes() + b"\0"
    digest = hashlib.sha256(content).hexdigest()
    entry.update(bytes=len(content), sha256=digest, path=f"encoder.{digest[:12]}.onnx")
    (target / entry["path"]).write_bytes(content)
    (target / "manifest.json").write_text(json.dumps(values))
    return target


def test_images_that_do_not_fit_the_model_are_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="12 pixels a side"):
        export_explorer(checkpoint, blocks(size=12), tmp_path / "explorer", method="pca")
    with pytest.raises(UserError, match="at least one image"):
        export_explorer(checkpoint, blocks(), tmp_path / "explorer", method="pca", points=0)
    assert not (tmp_path / "explorer").exists()

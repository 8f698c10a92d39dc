"""ONNX files become checkpoints: decoded as the original does, mapped, explored, and run with gradients."""

import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from onnx import helper
from PIL import Image
from torch.distributions import Normal, kl_divergence

from tests.made_models import (
    LATENT,
    SIDE,
    decoder_nodes,
    linear_images,
    weights,
    write_decoder,
    write_encoder,
    write_graph,
)
from tests.shipped_models import MODELS
from vae_core.checkpoint.layout import read_checkpoint
from vae_core.checkpoint.listing import find_checkpoint
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.cli.command_line import main
from vae_core.errors import DatasetError, ImportingError, UserError
from vae_core.evaluation import evaluate
from vae_core.explorer_files.explorer_folder import check_contents
from vae_core.explorer_files.graphs import export_onnx
from vae_core.imports import importing
from vae_core.imports.description import Description, Found
from vae_core.imports.importing import import_model
from vae_core.imports.mapped import images_of
from vae_core.imports.previews import previews
from vae_core.imports.recognition import examine
from vae_core.interpolation.geodesics import geodesic
from vae_core.model.imported import ImportedVAE
from vae_core.onnx_graphs.module import TorchGraph
from vae_core.onnx_graphs.runtime import open_session
from vae_core.progress import silent

DATA = "digits"  # 8 × 8, grey, inside scikit-learn


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the other process does, without its start; `test_the_command` and the hostile tests take that one."""
    monkeypatch.setattr(
        importing, "look", lambda source, work, said: examine(Path(source), said or Description(), work)
    )


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def draws(count: int = 5, dimensions: int = LATENT) -> torch.Tensor:
    return torch.randn(count, dimensions, generator=torch.Generator().manual_seed(7))


def test_a_pair_becomes_a_checkpoint_like_any_other(tmp_path: Path) -> None:
    source = write_encoder(write_decoder(tmp_path / "pair"))
    summary = import_model(source, tmp_path / "models" / "mine", data=DATA)
    assert summary.name == "mine"
    assert summary.origin is not None
    assert summary.origin.way == "ONNX"
    assert summary.origin.encoder == "mean and variance"
    checkpoint = load_checkpoint(summary.path)
    z = draws()
    np.testing.assert_allclose(checkpoint.model.decode(z).numpy(), sigmoid(linear_images(z.numpy())), atol=1e-6)
    x = torch.rand(4, 1, SIDE, SIDE)
    posterior = checkpoint.model.posterior(x)
    np.testing.assert_allclose(posterior.mean.numpy(), x.flatten(1).numpy() @ weights()["M"], atol=1e-5)
    np.testing.assert_allclose(posterior.log_variance.numpy(), x.flatten(1).numpy() @ weights()["V"], atol=1e-5)
    manifest = check_contents(summary.path / "explorer")
    assert manifest.name == "mine"
    assert manifest.files.encoder is not None
    assert manifest.data.class_names[3] == "3"
    assert checkpoint.fitted_prior is not None
    assert find_checkpoint("mine", tmp_path / "models").origin == summary.origin
    card = (summary.path / "README.md").read_text()
    assert card.startswith("# mine\n")
    assert "trained elsewhere" in card
    assert "`pair`, recognised as ONNX" in card
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["mine"]
    pair = {path.name for path in export_onnx(checkpoint.model, tmp_path / "out")}
    assert pair == {"decoder.onnx", "encoder.onnx", "model.json"}
    found = geodesic(checkpoint.model, z[:2].numpy())
    assert found.length <= found.line_length


def test_a_decoder_alone_shows_draws_of_the_prior(tmp_path: Path) -> None:
    summary = import_model(write_decoder(tmp_path / "alone"), tmp_path / "mine")
    assert summary.origin is not None
    assert summary.origin.mapped.startswith("2,000 draws of the prior")
    manifest = check_contents(summary.path / "explorer")
    assert manifest.files.encoder is None
    assert manifest.map.total == 2000
    assert manifest.data.decoded == "draws"
    assert summary.data.class_names == ()
    files = manifest.files
    assert (files.kl, files.log_variances, files.reconstruction_error) == (None, None, None)
    assert manifest.latent.kl_per_dimension is None
    model = load_checkpoint(summary.path).model
    with pytest.raises(UserError, match="imported without an encoder"):
        model.posterior(torch.rand(1, 1, SIDE, SIDE))
    assert [path.name for path in export_onnx(model, tmp_path / "out")] == ["decoder.onnx", "model.json"]


def test_images_with_their_latents(tmp_path: Path) -> None:
    source = write_decoder(tmp_path / "model")
    latents = draws(60)
    images = (sigmoid(linear_images(latents.numpy())) * 255).round().astype(np.uint8)
    np.save(source / "images.npy", images[:, 0])
    np.save(source / "latents.npy", latents.numpy())
    summary = import_model(source, tmp_path / "mine")
    assert summary.origin is not None
    assert "images with their latents" in summary.origin.mapped
    manifest = check_contents(summary.path / "explorer")
    assert manifest.files.reconstruction_error is not None
    content = (summary.path / "explorer" / manifest.files.reconstruction_error.path).read_bytes()
    errors = np.frombuffer(content, "<f2")
    assert errors.max() < 1e-4  # each image came with its own latent


def test_where_no_posterior_is_told_there_is_no_kl(tmp_path: Path) -> None:
    source = write_decoder(tmp_path / "latents")
    np.save(source / "latents.npy", draws(60).numpy())
    files = {"latents": check_contents(import_model(source, tmp_path / "decoded").path / "explorer")}
    pair = write_encoder(write_decoder(tmp_path / "pair"))
    said = Description(second="none")
    files["mean"] = check_contents(import_model(pair, tmp_path / "mean", said=said, data=DATA).path / "explorer")
    files["both"] = check_contents(import_model(pair, tmp_path / "both", data=DATA).path / "explorer")
    told = {
        name: (manifest.data.decoded, manifest.files.kl is not None, manifest.files.reconstruction_error is not None)
        for name, manifest in files.items()
    }
    assert told == {"latents": ("latents", False, False), "mean": (None, False, True), "both": (None, True, True)}


def test_latents_are_of_pictures_in_the_order_in_which_people_count(tmp_path: Path) -> None:
    """`10.png` is the eleventh, and a table beside the pictures has no latent."""
    source = write_decoder(tmp_path / "model")
    latents = draws(30)
    images = (sigmoid(linear_images(latents.numpy())) * 255).round().astype(np.uint8)
    (source / "images").mkdir()
    for number, image in enumerate(images[:, 0]):
        Image.fromarray(image).save(source / "images" / f"{number}.png")
    rows = "".join(f"{number}.png,{'ab'[number % 2]}\n" for number in range(30))
    (source / "images" / "0_labels.csv").write_text(f"file,label\n{rows}")
    np.save(source / "latents.npy", latents.numpy())
    summary = import_model(source, tmp_path / "mine")
    manifest = check_contents(summary.path / "explorer")
    assert manifest.files.reconstruction_error is not None
    content = (summary.path / "explorer" / manifest.files.reconstruction_error.path).read_bytes()
    assert np.frombuffer(content, "<f2").max() < 1e-4
    for count in (29, 31):
        np.save(source / "latents.npy", draws(count).numpy())
        with pytest.raises(DatasetError, match=rf"latents\.npy has {count} latents, but there are 30 images\."):
            import_model(source, tmp_path / str(count))


def test_an_encoder_places_images_whatever_latents_lie_beside(tmp_path: Path) -> None:
    source = write_encoder(write_decoder(tmp_path / "pair"))
    np.save(source / "latents.npy", np.full((30, 2), 5.0, np.float32))
    summary = import_model(source, tmp_path / "mine", data=DATA)
    assert summary.origin is not None
    assert summary.origin.mapped.endswith("images, encoded")


@pytest.mark.parametrize("what", ["model", "checkpoint"])
def test_what_has_come_to_be_there_meanwhile_stays(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        write_decoder(tmp_path / "model")
        if what == "model"
        else Path(shutil.copytree(MODELS / "digits-2d", tmp_path / "ours"))
    )

    def look(path: Path, work: Path, said: Description | None) -> Found:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "of somebody").write_text("else")
        return examine(Path(path), said or Description(), work)

    monkeypatch.setattr(importing, "look", look)
    with pytest.raises(ImportingError, match="there is something of this name already"):
        import_model(source, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["of somebody"]


def test_figures_where_the_likelihood_is_known(tmp_path: Path) -> None:
    source = write_encoder(write_decoder(tmp_path / "pair"))
    (source / "model.json").write_text(
        json.dumps({"likelihood": "gaussian", "variance": 0.1, "class_names": list("abcdefghij")})
    )
    summary = import_model(source, tmp_path / "mine", data=DATA)
    assert summary.data.class_names == tuple("abcdefghij")
    model = load_checkpoint(summary.path).model
    dataset = images_of(DATA, examine(source, Description(), tmp_path / "w"), None, "middle")
    assert dataset is not None
    measured = evaluate(model, dataset, samples=2, likelihood_images=5)
    x = dataset.batch(torch.arange(len(dataset)))
    q = model.posterior(x)
    apart = kl_divergence(Normal(q.mean, q.log_variance.div(2).exp()), Normal(0, 1)).sum(1).mean()
    assert measured.kl == pytest.approx(float(apart), rel=1e-4)
    density = Normal(0.0, 0.1**0.5)  # of what a pixel's mean leaves of it, by its square alone
    each = density.log_prob(torch.tensor(measured.mean_square_error).sqrt())
    assert measured.elbo == pytest.approx(SIDE * SIDE * float(each) - float(apart), rel=1e-4)
    unknown = import_model(write_encoder(write_decoder(tmp_path / "other")), tmp_path / "theirs", data=DATA)
    with pytest.raises(UserError, match="likelihood is not known"):
        evaluate(load_checkpoint(unknown.path).model, dataset, samples=2, likelihood_images=5)


def test_an_operator_that_torch_lacks_runs_without_gradients(tmp_path: Path) -> None:
    source = write_encoder(write_decoder(tmp_path / "pair", last="Celu"))
    summary = import_model(source, tmp_path / "mine", said=Description(pixels="logits"), data=DATA)
    assert summary.origin is not None
    assert not summary.origin.differentiable
    assert any("without gradients (operator Celu)" in note for note in summary.origin.notes)
    model = load_checkpoint(summary.path).model
    assert isinstance(model, ImportedVAE)
    z = draws()
    raw = linear_images(z.numpy())
    expected = sigmoid(np.where(raw > 0, raw, np.expm1(np.minimum(raw, 0))))
    np.testing.assert_allclose(model.decode(z).numpy(), expected, atol=1e-5)
    with pytest.raises(UserError, match="without gradients"):
        geodesic(model, z[:2].numpy())


HALVED = {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}
UNUSUAL_STEPS: dict[str, tuple[str, dict[str, Any]]] = {
    "a pool that rounds up": ("MaxPool", HALVED),
    "a mean that rounds up": ("AveragePool", HALVED),
    "a pool that fills up": ("MaxPool", {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    "a size by an odd share": ("Resize", {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}),
}


@pytest.mark.parametrize("name", UNUSUAL_STEPS)
def test_an_encoder_in_a_way_that_torch_lacks_tells_the_same(name: str, tmp_path: Path) -> None:
    operator, attributes = UNUSUAL_STEPS[name]
    arrays: dict[str, Any] = {key: weights(pixels=16)[key] for key in "MV"}
    inputs = ["x"]
    if operator == "Resize":
        inputs, arrays["share"] = ["x", "", "share"], np.array([1, 1, 0.55, 0.55], np.float32)
    nodes = [
        helper.make_node(operator, inputs, ["p"], **attributes),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("MatMul", ["f", "M"], ["mu"]),
        helper.make_node("MatMul", ["f", "V"], ["logvar"]),
    ]
    source = write_decoder(tmp_path / "pair")
    ends: dict[str, Any] = {"mu": ["n", LATENT], "logvar": ["n", LATENT]}
    write_graph(source / "encoder.onnx", nodes, {"x": ["n", 1, SIDE, SIDE]}, ends, arrays)
    summary = import_model(source, tmp_path / "mine", data=DATA)
    assert summary.origin is not None
    assert summary.origin.differentiable
    assert summary.origin.encoder_in_torch is False
    assert any("Its encoder is run by onnxruntime" in note for note in summary.origin.notes)
    model = load_checkpoint(summary.path).model
    x = torch.rand(3, 1, SIDE, SIDE)
    (expected,) = open_session((source / "encoder.onnx").read_bytes()).run(["mu"], {"x": x.numpy()})
    np.testing.assert_allclose(model.posterior(x).mean.numpy(), expected, atol=1e-5)
    assert geodesic(model, draws()[:2].numpy()).length > 0
    # As an earlier version wrote it, which ran the encoder as the decoder.
    settings = json.loads((summary.path / "config.json").read_text())
    del settings["origin"]["encoder_in_torch"]
    (summary.path / "config.json").write_text(json.dumps(settings))
    if operator != "Resize":
        again = load_checkpoint(summary.path).model
        np.testing.assert_allclose(again.posterior(x).mean.numpy(), expected, atol=1e-5)


def test_an_encoder_that_torch_runs_is_not_told_of(tmp_path: Path) -> None:
    summary = import_model(write_encoder(write_decoder(tmp_path / "pair")), tmp_path / "mine", data=DATA)
    assert "encoder_in_torch" not in json.loads((summary.path / "config.json").read_text())["origin"]
    model = load_checkpoint(summary.path).model
    assert isinstance(model, ImportedVAE)
    assert isinstance(model.encoder, TorchGraph)


def test_a_zip_and_names_that_do_not_matter(tmp_path: Path) -> None:
    write_encoder(write_decoder(tmp_path / "m", name="g2.onnx"), name="g1.onnx")
    archive = tmp_path / "model.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("g1.onnx", "g2.onnx"):
            file.write(tmp_path / "m" / name, f"deep/inside/{name}")
    found = examine(archive, Description(), tmp_path / "work")
    assert (found.title, found.encoder, found.latent_shape) == ("model", "mean and variance", (LATENT,))


@pytest.mark.parametrize("name", ["vae_autoencoder", "auto_encoder", "Auto-Encoder"])
def test_a_whole_autoencoder_is_called_so(tmp_path: Path, name: str) -> None:
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"]),
        helper.make_node("MatMul", ["f", "M"], ["z"]),
        *decoder_nodes(),
        helper.make_node("Reshape", ["y", "shape"], ["image"]),
    ]
    arrays: dict[str, Any] = {key: weights()[key] for key in "MWb"} | {"shape": np.array([0, 1, SIDE, SIDE])}
    image: dict[str, Any] = {"image": ["n", 1, SIDE, SIDE]}
    path = write_graph(tmp_path / f"{name}.onnx", nodes, {"x": ["n", 1, SIDE, SIDE]}, image, arrays)
    with pytest.raises(ImportingError, match=rf"{name}\.onnx: .* a whole autoencoder; export its decoder and encoder"):
        examine(path, Description(), tmp_path / "work")


def image_of(found_in: Path, said: Description = Description(), z: torch.Tensor | None = None) -> Any:  # noqa: B008
    """What an imported decoder draws, without a map."""
    work = found_in.parent / f"work {found_in.name}"
    found = examine(found_in, said, work)
    config = importing._Import(found, work, "m", None, None, "middle", silent)._config(found.latent_numbers)
    encoder = (work / "encoder.onnx").read_bytes() if found.encoder != "none" else None
    decoder = (work / "decoder.onnx").read_bytes()
    model = ImportedVAE(config, decoder, encoder, found.differentiable, found.encoder_in_torch)
    return found, model, model.decode(draws(4, found.latent_numbers) if z is None else z)


def test_grey_values_by_the_last_operator(tmp_path: Path) -> None:
    raw = linear_images(draws(4).numpy())
    for last, expected in (("Sigmoid", sigmoid(raw)), ("Tanh", (np.tanh(raw) + 1) / 2)):
        found, _, images = image_of(write_decoder(tmp_path / last, last))
        assert found.questions == ()
        np.testing.assert_allclose(images.numpy(), expected, atol=1e-6)


def test_images_of_a_continuous_bernoulli_are_shown_as_its_parameter_and_judged_by_its_mean(tmp_path: Path) -> None:
    said = Description(likelihood="continuous-bernoulli")
    z = draws(4)
    _, model, shown = image_of(write_encoder(write_decoder(tmp_path / "density")), said, z)
    np.testing.assert_allclose(shown.numpy(), sigmoid(linear_images(z.numpy())), atol=1e-6)
    judged = torch.distributions.ContinuousBernoulli(probs=shown).mean
    torch.testing.assert_close(model.mean_image(z), judged, atol=1e-4, rtol=0)
    torch.testing.assert_close(model.likelihood(z).mean, model.mean_image(z))


def test_a_question_where_the_grey_values_are_not_known(tmp_path: Path) -> None:
    source = write_decoder(tmp_path / "pair", "Identity")
    raw = linear_images(draws(4).numpy())
    found, _, images = image_of(source)
    (question,) = found.questions
    assert (question.field, question.guess) == ("pixels", "logits")
    np.testing.assert_allclose(images.numpy(), sigmoid(raw), atol=1e-6)
    for answer, expected in (("unit", raw), ("signed", (raw + 1) / 2), ("logits", sigmoid(raw))):
        found, _, images = image_of(source, Description.parse({"pixels": answer}))
        assert found.questions == ()
        np.testing.assert_allclose(images.numpy(), np.clip(expected, 0, 1), atol=1e-6)
    with pytest.raises(ImportingError, match=r"What do the decoder's numbers mean\? .*--pixels signed"):
        import_model(source, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_each_answer_is_shown(tmp_path: Path) -> None:
    source = write_encoder(write_decoder(tmp_path / "pair", "Identity"))
    found = examine(source, Description(), tmp_path / "work")
    images = images_of(DATA, found, None, "middle")
    shown = previews(found, found.questions[0], tmp_path / "work", images)
    assert list(shown) == ["unit", "signed", "bytes", "logits"]
    assert len(set(shown.values())) == 4
    sizes = {Image.open(io.BytesIO(png)).size for png in shown.values()}
    assert len(sizes) == 1
    alone = previews(found, found.questions[0], tmp_path / "work")
    assert Image.open(io.BytesIO(alone["unit"])).height < sizes.pop()[1]


def test_scale_and_shift(tmp_path: Path) -> None:
    source = write_encoder(write_decoder(tmp_path / "pair", "Identity"))
    _, model, images = image_of(source, Description(scale=(2.0,), shift=(0.5,)))
    raw = linear_images(draws(4).numpy())
    np.testing.assert_allclose(images.numpy(), np.clip((raw - 0.5) / 2, 0, 1), atol=1e-5)
    x = torch.rand(2, 1, SIDE, SIDE)
    seen = (x.flatten(1).numpy() * 2 + 0.5) @ weights()["M"]
    np.testing.assert_allclose(model.posterior(x).mean.numpy(), seen, atol=1e-4)


def test_channels_last(tmp_path: Path) -> None:
    arrays = weights(pixels=SIDE * SIDE * 3)
    shape = np.array([0, SIDE, SIDE, 3])
    nodes = [*decoder_nodes(), helper.make_node("Reshape", ["y", "shape"], ["image"])]
    write_graph(
        tmp_path / "keras" / "decoder.onnx",
        nodes,
        {"z": ["n", LATENT]},
        {"image": ["n", SIDE, SIDE, 3]},
        {"W": arrays["W"], "b": arrays["b"], "shape": shape},
    )
    nodes = [helper.make_node("Flatten", ["x"], ["f"]), helper.make_node("MatMul", ["f", "M"], ["z_mean"])]
    ends: dict[str, Any] = {"z_mean": ["n", LATENT]}
    write_graph(tmp_path / "keras" / "encoder.onnx", nodes, {"x": ["n", SIDE, SIDE, 3]}, ends, {"M": arrays["M"]})
    found, model, images = image_of(tmp_path / "keras")
    raw = sigmoid(draws(4).numpy() @ arrays["W"] + arrays["b"]).reshape(4, SIDE, SIDE, 3).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(images.numpy(), raw, atol=1e-6)
    assert found.encoder == "mean"
    x = torch.rand(2, 3, SIDE, SIDE)
    flat = x.permute(0, 2, 3, 1).flatten(1).numpy()
    np.testing.assert_allclose(model.posterior(x).mean.numpy(), flat @ arrays["M"], atol=1e-5)


@pytest.mark.parametrize("way", ["stacked", "sample", "deviation"])
def test_what_encoders_tell(tmp_path: Path, way: str) -> None:
    source = write_decoder(tmp_path / way)
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"]),
        helper.make_node("MatMul", ["f", "M"], ["mu"]),
        helper.make_node("MatMul", ["f", "V"], ["lv"]),
    ]
    ends: dict[str, Any] = {}
    if way == "stacked":
        nodes.append(helper.make_node("Concat", ["mu", "lv"], ["both"], axis=1))
        ends["both"] = ["n", 2 * LATENT]
    elif way == "sample":
        nodes += [
            helper.make_node("RandomNormalLike", ["lv"], ["noise"]),
            helper.make_node("Exp", ["lv"], ["e"]),
            helper.make_node("Mul", ["e", "noise"], ["moved"]),
            helper.make_node("Add", ["mu", "moved"], ["z"]),
        ]
        ends["z"] = ["n", LATENT]
    else:
        nodes.append(helper.make_node("Exp", ["lv"], ["std"]))
        ends |= {"std": ["n", LATENT], "mu": ["n", LATENT]}
    write_graph(source / "encoder.onnx", nodes, {"x": ["n", 1, SIDE, SIDE]}, ends, {k: weights()[k] for k in "MV"})
    found, model, _ = image_of(source)
    x = torch.rand(3, 1, SIDE, SIDE)
    flat = x.flatten(1).numpy()
    np.testing.assert_allclose(model.posterior(x).mean.numpy(), flat @ weights()["M"], atol=1e-5)
    assert found.encoder == ("mean" if way == "sample" else "mean and variance")
    if way != "sample":
        factor = 2 if way == "deviation" else 1
        np.testing.assert_allclose(model.posterior(x).log_variance.numpy(), factor * flat @ weights()["V"], atol=1e-4)


def write_exporters_folder(folder: Path) -> Path:
    """Convolutions that halve and double images of any size, as Hugging Face's exporters lay them out."""
    source = np.random.default_rng(2)
    down = source.normal(size=(8, 1, 2, 2)).astype(np.float32) / 4
    up = source.normal(size=(4, 1, 2, 2)).astype(np.float32) / 2
    conv = helper.make_node("Conv", ["sample", "down"], ["latent_parameters"], strides=[2, 2], kernel_shape=[2, 2])
    free: list[Any] = ["batch", 1, "height", "width"]
    ends: dict[str, Any] = {"latent_parameters": ["batch", 8, "h", "w"]}
    write_graph(folder / "vae_encoder" / "model.onnx", [conv], {"sample": free}, ends, {"down": down})
    back = helper.make_node("ConvTranspose", ["latent_sample", "up"], ["sample"], strides=[2, 2], kernel_shape=[2, 2])
    taken: dict[str, Any] = {"latent_sample": ["batch", 4, "h", "w"]}
    write_graph(folder / "vae_decoder" / "model.onnx", [back], taken, {"sample": free}, {"up": up})
    (folder / "vae_decoder" / "config.json").write_text("{}")
    return folder


def test_latents_with_a_shape_are_explored_by_principal_components(tmp_path: Path) -> None:
    source = write_exporters_folder(tmp_path / "hub")
    said = Description(image_size=SIDE)
    found = examine(source, said, tmp_path / "work")
    assert found.way.startswith("ONNX, as Hugging Face")
    assert (found.latent_shape, found.image_size) == ((4, 4, 4), SIDE)
    with pytest.raises(ImportingError, match=r"latents have the shape 4 × 4 × 4, .*--data"):
        import_model(source, tmp_path / "without", said=said)
    summary = import_model(source, tmp_path / "mine", said=said, data=DATA)
    assert summary.origin is not None
    assert summary.model.latent_dim <= 64
    assert summary.origin.variance_kept is not None
    assert summary.origin.variance_kept > 0.9
    assert not (tmp_path / "without").exists()
    whole = image_of(source, said)[1]
    dataset = images_of(DATA, found, None, "middle")
    assert dataset is not None
    x = dataset.batch(torch.arange(40))
    model = load_checkpoint(summary.path).model
    by_components = model.decode(model.posterior(x).mean)
    assert (by_components - whole.decode(whole.posterior(x).mean)).abs().mean() < 0.02
    # The components' variances are those of the whole posterior, turned: their sum stays where all are kept.
    if summary.model.latent_dim == 64:
        total = model.posterior(x).log_variance.exp().sum(1)
        torch.testing.assert_close(total, whole.posterior(x).log_variance.exp().sum(1), rtol=1e-3, atol=1e-4)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    source = write_encoder(write_decoder(tmp_path / "pair"))
    said = ["--channels", "1", "--image-size", str(SIDE), "--latent-shape", str(LATENT), "--scale", "1", "--shift", "0"]
    assert main(["import", str(source), *said, "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["latent_shape"] == [LATENT]
    assert found["questions"] == []
    output = tmp_path / "mine"
    assert (
        main(["import", str(source), "--output", str(output), "--data", DATA, "--likelihood", "bernoulli", "--json"])
        == 0
    )
    written = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert written["model"]["network"] == "imported"
    assert read_checkpoint(output).model.likelihood == "bernoulli"
    assert main(["import", str(source), "--output", str(output)]) == 2
    assert "already" in capsys.readouterr().err
    assert main(["evaluate", str(output), "--data", DATA, "--samples", "2", "--likelihood-images", "4"]) == 0
    assert main(["project", str(output), "--data", DATA, "--method", "pca"]) == 0
    assert "| ELBO |" in (output / "README.md").read_text()
    capsys.readouterr()
    assert main(["import", "--bridge", "keras"]) == 0
    assert "keras" in capsys.readouterr().out


def test_a_model_is_not_trained_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--data", DATA, "--model", "imported", "--output", str(tmp_path / "t"), "--epochs", "1"]) == 2
    assert "imported" in capsys.readouterr().err

"""State dictionaries of known repositories: recognised, and the same images and posteriors as the original's own."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tests.made_models import BurgessVAE, ExampleVAE, VanillaVAE, settled
from vae_core.checkpoint.graph_files import imported_model
from vae_core.config import ModelConfig
from vae_core.errors import ImportingError
from vae_core.imports.description import Description, Found
from vae_core.imports.recognition import examine
from vae_core.model.imported import ImportedVAE


def model_of(found: Found, work: Path) -> ImportedVAE:
    config = ModelConfig.parse(
        {
            "network": "imported",
            "latent_dim": found.latent_numbers,
            "image_size": found.image_size,
            "channels": found.channels,
            "likelihood": found.likelihood,
            "variance": found.variance,
        }
    )
    encoder = None if found.encoder == "none" else (work / "encoder.onnx").read_bytes()
    decoder = (work / "decoder.onnx").read_bytes()
    return imported_model(Path("made"), config, decoder, encoder, found.differentiable, found.encoder_in_torch)


@torch.no_grad()
def assert_same(model: ImportedVAE, original: Any, image: tuple[int, int, int], signed: bool = False) -> None:
    """Decoded images within 2/255, posteriors within 1e-3."""
    z = torch.randn(5, model.config.latent_dim, generator=torch.Generator().manual_seed(3))
    x = torch.rand(5, *image, generator=torch.Generator().manual_seed(4))
    expected = original.decode(z).reshape(5, *image)
    expected = (expected + 1) / 2 if signed else expected.clamp(0, 1)
    assert (model.decode(z) - expected).abs().max() <= 2 / 255
    mean, log_variance = original.encode(2 * x - 1 if signed else x)
    posterior = model.posterior(x)
    torch.testing.assert_close(posterior.mean, mean, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(posterior.log_variance, log_variance, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt", ".safetensors"])
def test_the_example_of_pytorch(tmp_path: Path, suffix: str) -> None:
    original = settled(ExampleVAE())
    path = tmp_path / f"vae{suffix}"
    if suffix == ".safetensors":
        save_file(original.state_dict(), path)
    elif suffix == ".ckpt":
        torch.save({"epoch": 3, "state_dict": {f"model.{k}": v for k, v in original.state_dict().items()}}, path)
    else:
        torch.save(original.state_dict(), path)
    found = examine(path, Description(), tmp_path / "work")
    assert found.way == "pytorch/examples' VAE"
    assert (found.latent_shape, found.image_size, found.channels) == ((20,), 28, 1)
    assert found.questions == ()
    assert found.likelihood == "unknown"
    assert_same(model_of(found, tmp_path / "work"), original, (1, 28, 28))


EXAMPLE = settled(ExampleVAE(latent=5))


def example(prefix: str = "") -> dict[str, torch.Tensor]:
    return {f"{prefix}{name}": values for name, values in EXAMPLE.state_dict().items()}


def side(encodes: bool) -> dict[str, torch.Tensor]:
    return {name: values for name, values in example().items() if (name < "fc3") is encodes}


def optimizer() -> dict[str, Any]:
    """With the tensors that Adam keeps of each weight."""
    kept = {"step": torch.tensor(1.0), "exp_avg": torch.zeros(3), "exp_avg_sq": torch.zeros(3)}
    return {"state": {0: kept}, "param_groups": [{"lr": 0.001, "params": [0]}]}


@pytest.mark.parametrize("suffix", [".pth.tar", ".weights", ".bin", ".model", "", ".zip", ".pkl"])
@pytest.mark.parametrize("in_folder", [False, True], ids=["alone", "in a folder"])
def test_what_torch_saves_is_known_whatever_it_is_called(tmp_path: Path, suffix: str, in_folder: bool) -> None:
    path = tmp_path / "saved" / f"vae{suffix}"
    path.parent.mkdir()
    torch.save(example(), path)
    (path.parent / "notes.txt").write_text("of a training")
    found = examine(path.parent if in_folder else path, Description(), tmp_path / "work")
    assert_same(model_of(found, tmp_path / "work"), EXAMPLE, (1, 28, 28))


def test_as_torch_saved_before_it_wrote_zip_files(tmp_path: Path) -> None:
    torch.save(example(), tmp_path / "vae.pth.tar", _use_new_zipfile_serialization=False)
    found = examine(tmp_path / "vae.pth.tar", Description(), tmp_path / "work")
    assert_same(model_of(found, tmp_path / "work"), EXAMPLE, (1, 28, 28))


def test_an_archive_of_files_is_no_weights(tmp_path: Path) -> None:
    (tmp_path / "vae.pt").write_bytes(b"")
    with tarfile.open(tmp_path / "vae.tar", "w") as archive:
        archive.add(tmp_path / "vae.pt", "vae.pt")
    with pytest.raises(ImportingError, match=r"vae\.tar: it is an archive; unpack it"):
        examine(tmp_path / "vae.tar", Description(), tmp_path / "work")


WRAPPERS: dict[str, Callable[[], Any]] = {
    "under model_dict": lambda: {"epoch": 3, "model_dict": example()},
    "beside its optimizer": lambda: {"vae_state_dict": example(), "optimizer_state_dict": optimizer()},
    "beside a loss": lambda: {"model_state_dict": example(), "loss": torch.tensor(3.0), "best": torch.tensor(2.0)},
    "beside other tensors": lambda: {"M": torch.ones(2, 2), "c": torch.ones(3), "model_state_dict": example()},
    "beside a judge": lambda: {"judge": {"0.weight": torch.zeros(2, 2)}, "mine": example("module.")},
    "by its sides": lambda: {"encoder": side(True), "decoder": side(False)},
    "with a tensor beside": lambda: {"state_dict": example("model.") | {"loss_weight": torch.ones(1)}},
    "below a name of one's own": lambda: example("network."),
    "below several names": lambda: example("trainer.my_model._orig_mod."),
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_weights_in_what_people_wrap_them_in(tmp_path: Path, name: str) -> None:
    torch.save(WRAPPERS[name](), tmp_path / "vae.pt")
    found = examine(tmp_path / "vae.pt", Description(), tmp_path / "work")
    assert found.way == "pytorch/examples' VAE"
    assert_same(model_of(found, tmp_path / "work"), EXAMPLE, (1, 28, 28))


def test_two_sides_of_another_network(tmp_path: Path) -> None:
    """Its names are those of one with an encoder and a decoder, as disentangling-vae is."""
    original = settled(BurgessVAE(1, 32))
    parts = {name: getattr(original, name).state_dict() for name in ("decoder", "encoder")}
    torch.save({f"{name}_state_dict": state for name, state in parts.items()}, tmp_path / "vae.pt")
    found = examine(tmp_path / "vae.pt", Description(), tmp_path / "work")
    assert_same(model_of(found, tmp_path / "work"), original, (1, 32, 32))


@pytest.mark.parametrize(
    ("saved", "sentence"),
    [
        (lambda: {"first": example(), "second": example()}, r"several sets of weights \(first, second\); save that of"),
        (lambda: example("a.") | example("b."), r"several models \(a\.\*, b\.\*\); save that of the VAE alone"),
        (lambda: {"loss": torch.tensor(1.0)}, "no weights"),
        (lambda: {"optimizer": optimizer()}, "no weights"),
    ],
)
def test_what_cannot_be_told_apart_is_named(tmp_path: Path, saved: Callable[[], Any], sentence: str) -> None:
    torch.save(saved(), tmp_path / "vae.pt")
    with pytest.raises(ImportingError, match=rf"vae\.pt: it holds {sentence}"):
        examine(tmp_path / "vae.pt", Description(), tmp_path / "work")


def test_of_several_folders_with_weights_none_is_taken(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        torch.save(example(), tmp_path / name / "model.pt")
    with pytest.raises(ImportingError, match=r"2 files of weights \(a/model\.pt, b/model\.pt\)"):
        examine(tmp_path, Description(), tmp_path / "work")


@pytest.mark.parametrize("signed", [False, True])
def test_pytorch_vae(tmp_path: Path, signed: bool) -> None:
    original = settled(VanillaVAE())
    torch.save({"state_dict": {f"model.{k}": v for k, v in original.state_dict().items()}}, tmp_path / "last.ckpt")
    asked = examine(tmp_path / "last.ckpt", Description(), tmp_path / "first")
    assert [question.field for question in asked.questions] == ["pixels"]
    scaled = examine(tmp_path / "last.ckpt", Description(scale=(2.0,), shift=(-1.0,)), tmp_path / "scaled")
    assert scaled.questions == (), "which is an answer, too"
    said = Description(pixels="signed" if signed else "unit")
    found = examine(tmp_path / "last.ckpt", said, tmp_path / "work")
    described = tmp_path / "described"
    described.mkdir()
    (described / "model.json").write_text(said.model_dump_json(exclude_none=True))
    (tmp_path / "last.ckpt").rename(described / "last.ckpt")
    beside = examine(described, Description(), tmp_path / "beside")
    assert beside == found.model_copy(update={"title": "described"})
    assert found.way == "PyTorch-VAE"
    assert (found.latent_shape, found.image_size, found.channels) == ((8,), 64, 3)
    assert found.questions == ()
    assert_same(model_of(found, tmp_path / "work"), original, (3, 64, 64), signed)


@pytest.mark.parametrize(("side", "channels"), [(64, 3), (32, 1)])
def test_disentangling_vae(tmp_path: Path, side: int, channels: int) -> None:
    original = settled(BurgessVAE(channels, side))
    torch.save(original.state_dict(), tmp_path / "model.pt")
    specs = {"img_size": [channels, side, side], "latent_dim": 10, "model_type": "Burgess", "rec_dist": "gaussian"}
    (tmp_path / "specs.json").write_text(json.dumps(specs))
    found = examine(tmp_path, Description(), tmp_path / "work")
    assert found.way == "disentangling-vae"
    assert (found.latent_shape, found.image_size, found.channels) == ((10,), side, channels)
    assert found.likelihood == "gaussian"
    assert found.variance == pytest.approx(1 / 510)
    assert_same(model_of(found, tmp_path / "work"), original, (channels, side, side))


def test_decoded_images_have_gradients(tmp_path: Path) -> None:
    original: nn.Module = settled(BurgessVAE(1, 32))
    torch.save(original.state_dict(), tmp_path / "model.pt")
    model = model_of(examine(tmp_path / "model.pt", Description(), tmp_path / "work"), tmp_path / "work")
    z = torch.randn(2, 10, requires_grad=True)
    (slope,) = torch.autograd.grad(model.decode(z).sum(), z)
    (expected,) = torch.autograd.grad(original.decode(z).sum(), z)  # type: ignore[operator]
    torch.testing.assert_close(slope, expected, atol=1e-4, rtol=1e-3)

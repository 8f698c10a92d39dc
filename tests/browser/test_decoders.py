"""Whatever our exporter writes is run as torch runs it: in the page and in a worker, in each browser."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from harness.chromium import chromium_window
from harness.firefox import find_firefox, firefox_window
from harness.server import ROOT
from harness.standalone import serving
from harness.webkit import find_webkit, webkit_window
from harness.window import Window
from serving.public_files import assets
from tests.browser.asked_engine import DECODE, START, random_model, source, worst
from tests.shipped_models import SHIPPED
from vae_core import load_checkpoint
from vae_core.explorer_files.explorer_folder import read_manifest
from vae_core.explorer_files.graphs import decoder_graph, encoder_graph
from vae_core.model.posteriors import FullGaussian
from vae_core.model.vae import VAE

CLOSE = 1e-4
HALVED = 2 / 255  # of images, where the weights have travelled in half precision
# Network, posterior, likelihood, size, channels, latent dimensions, and an mlp's activation where it is not ReLU.
RANDOM = [
    ("linear", "diagonal", "bernoulli", 8, 1, 1),
    ("linear", "full", "continuous-bernoulli", 12, 3, 5),
    ("linear", "diagonal", "gaussian", 64, 3, 2),
    ("mlp", "full", "bernoulli", 28, 1, 16),
    ("mlp", "diagonal", "continuous-bernoulli", 32, 3, 3),
    ("mlp", "full", "gaussian", 7, 3, 1),
    ("mlp", "diagonal", "gaussian", 64, 1, 8),
    ("mlp", "diagonal", "bernoulli", 28, 1, 40, "gated"),
    ("mlp", "full", "gaussian", 16, 3, 5, "tanh"),
    ("conv", "diagonal", "bernoulli", 8, 3, 2),
    ("conv", "full", "continuous-bernoulli", 12, 1, 8),
    ("conv", "diagonal", "gaussian", 20, 3, 7),
    ("conv", "full", "gaussian", 36, 1, 16),
    ("conv", "diagonal", "continuous-bernoulli", 64, 3, 16),
    ("conv", "diagonal", "gaussian", 128, 3, 16),
]
WINDOWS: dict[str, Callable[[Path], AbstractContextManager[Window]]] = {
    "chromium": chromium_window,
    "firefox": firefox_window,
    "webkit": webkit_window,
}
ENCODE = """async (source, numbers) => {
  const { mean, logVariance, cholesky } = await ask(source, "encode", numbers);
  return [[...mean], [...logVariance], cholesky && [...cholesky]];
}"""
MEANS = "async (source, numbers) => [...await ask(source, 'means', numbers)]"
FETCHED = "() => performance.getEntriesByType('resource').map(({ name }) => name)"


@dataclass(frozen=True)
class Exported:
    """A model, and the names of its graphs below the server's folder."""

    name: str
    model: VAE
    decoder: str
    encoder: str

    @property
    def image(self) -> tuple[int, int, int]:
        config = self.model.config
        return config.channels, config.image_size, config.image_size


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("decoders")
    (made / "empty.html").write_text("<!doctype html><link rel=icon href=data:,>")
    return made


@pytest.fixture(scope="module")
def models(folder: Path) -> list[Exported]:
    exported = []
    for case in RANDOM:
        model, name = random_model(case), "-".join(map(str, case))
        (folder / f"{name}.decoder").write_bytes(decoder_graph(model))
        (folder / f"{name}.encoder").write_bytes(encoder_graph(model))
        exported.append(Exported(name, model, f"{name}.decoder", f"{name}.encoder"))
    for name in SHIPPED:
        source = ROOT / "checkpoints" / name
        files = read_manifest(source / "explorer").files
        assert files.encoder is not None
        for file in (files.decoder, files.encoder):
            (folder / file.path).write_bytes((source / "explorer" / file.path).read_bytes())
        model = load_checkpoint(source).model.eval()
        exported.append(Exported(name, model, files.decoder.path, files.encoder.path))
    return exported


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with serving(folder) as address:
        yield address


@pytest.fixture(scope="module", params=WINDOWS)
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    if request.param == "firefox" and find_firefox() is None:
        pytest.skip("there is no Firefox: `python -m harness.equipment` installs it on Debian, as root")
    if request.param == "webkit" and find_webkit() is None:
        pytest.skip("there is no WebKit: `python -m harness.equipment` installs it on Debian, as root")
    with WINDOWS[request.param](tmp_path_factory.mktemp(request.param)) as opened:
        yield opened


@pytest.fixture(params=["page", "worker"])
def window(browser: Window, url: str, request: pytest.FixtureRequest) -> Iterator[Window]:
    """A window in which `ask` reaches an engine."""
    browser.open(f"{url}/model/empty.html")
    browser.run(START, f"{url}/explorer/dist/{assets()['worker']}", request.param)
    yield browser
    assert browser.complaints == []


@torch.inference_mode()
def test_every_model_of_ours_is_run_as_torch_runs_it(window: Window, url: str, models: list[Exported]) -> None:
    generator = torch.Generator().manual_seed(1)
    differences: dict[str, float] = {}
    for exported in models:
        model = exported.model
        dimension = model.config.latent_dim
        files = source(url, exported.decoder, exported.encoder, dimension, exported.image)
        latents = 2 * torch.randn(2, dimension, generator=generator)
        images = torch.rand(2, *exported.image, generator=generator)
        posterior = model.posterior(images)
        mean, log_variance, cholesky = window.run(ENCODE, files, images.flatten().tolist())
        differences |= {
            f"{exported.name}: image": worst(
                window.run(DECODE, files, latents.flatten().tolist()), model.decode(latents)
            ),
            f"{exported.name}: mean image": worst(
                window.run(MEANS, files, latents.flatten().tolist()), model.mean_image(latents)
            ),
            f"{exported.name}: mean": worst(mean, posterior.mean),
            f"{exported.name}: log variance": worst(log_variance, posterior.log_variance),
        }
        if isinstance(posterior, FullGaussian):
            differences[f"{exported.name}: covariance's factor"] = worst(cholesky, posterior.cholesky)
        else:
            assert cholesky is None
    halved = {f"{name}: {what}" for name in SHIPPED for what in ("image", "mean image")}
    far = {what: by for what, by in differences.items() if not by < (HALVED if what in halved else CLOSE)}
    assert far == {}
    assert not any("/ort" in name for name in window.run(FETCHED))


def foreign_graphs() -> dict[str, onnx.GraphProto]:
    """From two latent dimensions to an image of 1 × 4 × 4, with operators that our exporter never writes."""
    random = np.random.default_rng(3)

    def constant(name: str, *shape: int) -> onnx.TensorProto:
        return onnx.numpy_helper.from_array(random.normal(size=shape).astype(np.float32), name)

    def whole(name: str, *values: int) -> onnx.TensorProto:
        return onnx.numpy_helper.from_array(np.array(values, np.int64), name)

    node = onnx.helper.make_node
    ends = [
        onnx.helper.make_tensor_value_info("latent", onnx.TensorProto.FLOAT, ["batch", 2]),
        onnx.helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, ["batch", 1, 4, 4]),
    ]
    stem = [node("Gemm", ["latent", "w", "b"], ["wide"], transB=1)]
    last = [node("Reshape", ["flat", "shape"], ["image"])]
    common = [constant("w", 16, 2), constant("b", 16), whole("shape", -1, 1, 4, 4)]
    bodies: dict[str, tuple[list[onnx.NodeProto], list[onnx.TensorProto]]] = {
        "LayerNormalization": (
            [node("LayerNormalization", ["wide", "scale", "shift"], ["flat"])],
            [constant("scale", 16), constant("shift", 16)],
        ),
        "grouped Conv": (
            [
                node("Reshape", ["wide", "four"], ["maps"]),
                node("Conv", ["maps", "kernel"], ["flat"], group=4, pads=[1, 1, 1, 1]),
            ],
            [whole("four", -1, 4, 2, 2), constant("kernel", 4, 1, 3, 3)],
        ),
        "LSTM": (
            [
                node("Unsqueeze", ["wide", "first"], ["steps"]),
                node("LSTM", ["steps", "input", "recurrence"], ["every", "flat"], hidden_size=16),
            ],
            [whole("first", 0), constant("input", 1, 64, 16), constant("recurrence", 1, 64, 16)],
        ),
    }
    return {
        name: onnx.helper.make_graph([*stem, *nodes, *last], name, ends[:1], ends[1:], [*common, *constants])
        for name, (nodes, constants) in bodies.items()
    }


def test_a_foreign_graph_is_run_by_onnxruntime(window: Window, url: str, folder: Path) -> None:
    latents = np.random.default_rng(4).normal(size=(3, 2)).astype(np.float32)
    for name, graph in foreign_graphs().items():
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
        content = model.SerializeToString()
        file = f"{name.replace(' ', '-')}.onnx"
        (folder / file).write_bytes(content)
        expected = onnxruntime.InferenceSession(content).run(["image"], {"latent": latents})[0]
        made = window.run(DECODE, source(url, file, file, 2, (1, 4, 4)), latents.flatten().tolist())
        assert worst(made, torch.from_numpy(expected)) < CLOSE, name

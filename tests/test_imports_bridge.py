"""The lines of the bridge do what they say, with a toy model in the place of somebody's own."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.test_imports_onnx import image_of
from vae_core.imports.bridge import BRIDGES

TORCHS = """
import torch
from torch import nn
torch.manual_seed(0)
class Toy(nn.Module):
    def __init__(self):
        super().__init__()
        self.into, self.out = nn.Linear(784, 32), nn.Sequential(nn.Linear(16, 784), nn.Sigmoid())
    def encode(self, x):
        return self.into(x.flatten(1)).chunk(2, 1)
    def decode(self, z):
        return self.out(z).unflatten(1, (1, 28, 28))
vae = Toy()
"""
KERASES = """
import os
os.environ["KERAS_BACKEND"] = "torch"
import keras
layers = keras.layers
keras.utils.set_random_seed(0)
z, x = keras.Input((4,)), keras.Input((8, 8, 1))
decoder = keras.Model(z, layers.Reshape((8, 8, 1))(layers.Dense(64, activation="sigmoid")(z)))
flat = layers.Flatten()(x)
mean, log_variance = layers.Dense(4, name="mean")(flat), layers.Dense(4, name="log_variance")(flat)
encoder = keras.Model(x, [mean, log_variance])
decoder.save("decoder.keras")
encoder.save("encoder.keras")
"""


def run(folder: Path, lines: str) -> None:
    done = subprocess.run([sys.executable, "-c", lines], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_pytorch(tmp_path: Path) -> None:
    folder = tmp_path / "bridged"
    folder.mkdir()
    (folder / "my_project.py").write_text(TORCHS)
    (folder / "export_vae.py").write_text(BRIDGES["pytorch"])
    check = "import torch; from my_project import vae; torch.save(vae.decode(torch.ones(2, 16)).detach(), 'shown.pt')"
    run(folder, f"import runpy; runpy.run_path('export_vae.py')\n{check}")
    expected = torch.load(folder / "shown.pt", weights_only=True)
    for left in ("shown.pt", "my_project.py", "export_vae.py"):
        (folder / left).unlink()
    found, model, images = image_of(folder, z=torch.ones(2, 16))
    assert (found.latent_shape, found.encoder, found.questions) == ((16,), "mean and variance", ())
    np.testing.assert_allclose(images.numpy(), expected.numpy(), atol=1e-5)
    assert model.posterior(torch.rand(2, 1, 28, 28)).mean.shape == (2, 16)


@pytest.mark.skipif(find_spec("keras") is None, reason="Keras is installed for this comparison alone")
def test_keras(tmp_path: Path) -> None:
    folder = tmp_path / "bridged"
    folder.mkdir()
    check = "import numpy as np; np.save('shown.npy', decoder(np.ones((2, 4))).detach().numpy())"
    run(folder, f"{KERASES}\n{BRIDGES['keras']}\n{check}")
    expected = np.load(folder / "shown.npy").transpose(0, 3, 1, 2)
    for left in ("decoder.keras", "encoder.keras", "shown.npy"):
        (folder / left).unlink()
    found, _, images = image_of(folder, z=torch.ones(2, 4))
    assert (found.latent_shape, found.encoder) == ((4,), "mean and variance")
    np.testing.assert_allclose(images.numpy(), expected, atol=1e-5)

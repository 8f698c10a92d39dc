"""The bridge: lines to run where a model can be loaded, which write it as what is read here; to be copied."""

from typing import NamedTuple

PYTORCH = """# export_vae.py: writes a PyTorch VAE as ONNX files (torch 2.5 or newer, with onnx and onnxscript)
import json

import torch
from my_project import vae  # <- yours, with its weights

latents, images = torch.zeros(2, 16), torch.zeros(2, 1, 28, 28)  # <- two of each, in your sizes


class Part(torch.nn.Module):
    def __init__(self, call):
        super().__init__()
        self.vae, self.call = vae.eval().cpu(), call

    def forward(self, x):
        return self.call(x)


def export(call, example, file, outputs):
    free = ({0: torch.export.Dim("batch")},)
    torch.onnx.export(
        Part(call), (example,), file, output_names=outputs, dynamic_shapes=free, dynamo=True, external_data=False
    )


export(vae.decode, latents, "decoder.onnx", ["image"])  # <- your function from latents to images
export(vae.encode, images, "encoder.onnx", ["mean", "log_variance"])  # <- from images to (mean, log variance)
with open("model.json", "w") as file:
    json.dump({"pixels": "unit"}, file)  # <- images from 0 to 1; "signed": -1 to 1; "bytes": 0 to 255; "logits"
"""

KERAS = """# export_vae.py: writes a Keras 3 VAE as ONNX files (with the PyTorch or TensorFlow backend)
import keras

for part in ("decoder", "encoder"):
    model = keras.models.load_model(f"{part}.keras", compile=False)  # <- yours
    model(keras.ops.zeros((1, *model.input_shape[1:])))  # the PyTorch backend exports what has been called
    model.export(f"{part}.onnx", format="onnx")
"""

BRIDGES = {"pytorch": PYTORCH, "keras": KERAS}


class Refusal(NamedTuple):
    """Why a model is not taken, and the lines that write it anew; None where these would be no help."""

    reason: str
    lines: str | None


def bridge(way: str = "pytorch") -> str:
    """How to get to files that are read here."""
    return (
        "Where the model can be loaded, some lines write it as decoder.onnx and encoder.onnx: "
        f"python -m vae_core import --bridge {way} shows them."
    )


def refusal(problem: str) -> Refusal:
    """For who is shown the lines themselves and not the command that shows them."""
    for way, lines in BRIDGES.items():
        if bridge(way) in problem:
            return Refusal(problem.replace(bridge(way), "").strip(), lines)
    return Refusal(problem, None)

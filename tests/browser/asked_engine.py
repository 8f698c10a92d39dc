"""The decoding worker's own script, asked by a test, and models whose graphs it is asked to run."""

from typing import Any

import torch
from torch import Tensor

from serving.public_files import assets
from vae_core import ModelConfig
from vae_core.model.vae import VAE

# Makes `ask`, which asks the decoding worker's own script: in a worker, or run in the page as if it were one.
START = """async (script, place) => {
  const waiting = new Map();
  const receive = ({ id, error, value }) => {
    const { resolve, reject } = waiting.get(id);
    if (error !== undefined) reject(new Error(error));
    else resolve(value);
  };
  let send;
  if (place === "worker") {
    const worker = new Worker(script, { type: "module" });
    worker.addEventListener("message", ({ data }) => receive(data));
    send = (call) => worker.postMessage(call);
  } else {
    const listeners = [];
    const self = { addEventListener: (_, listener) => listeners.push(listener), postMessage: receive };
    new Function("self", await (await fetch(script)).text())(self);
    send = (data) => listeners.forEach((listener) => listener({ data }));
  }
  window.ask = (source, kind, numbers) => new Promise((resolve, reject) => {
    const id = waiting.size;
    waiting.set(id, { resolve, reject });
    send({ id, source, task: { kind, argument: Float32Array.from(numbers) } });
  });
}"""
DECODE = "async (source, numbers) => [...await ask(source, 'decode', numbers)]"


def random_model(case: tuple[Any, ...]) -> VAE:
    """Weights as they are drawn before training, but with no part of the network switched off."""
    names = ("network", "posterior", "likelihood", "image_size", "channels", "latent_dim", "activation")
    torch.manual_seed(len(str(case)))
    model = VAE(ModelConfig(**dict(zip(names, case, strict=False)))).eval()  # the last may be left out
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(("gain", "covariance")):
                parameter.normal_()
    return model


def source(
    url: str, decoder: str, encoder: str, latent_dim: int, image: tuple[int, int, int], *, gpu: bool = False
) -> dict[str, Any]:
    """A model's files as an engine is told of them."""
    built = f"{url}/explorer/dist/"
    onnxruntime, on_gpu = (
        {"scriptUrl": built + assets()[script], "wasmUrl": built + assets()[wasm]}
        for script, wasm in (("ort", "wasm"), ("ort_gpu", "wasm_gpu"))
    )
    return {
        "ort": onnxruntime,
        "gpu": on_gpu if gpu else None,
        "decoderUrl": f"{url}/model/{decoder}",
        "encoderUrl": f"{url}/model/{encoder}",
        "latentDim": latent_dim,
        "imageShape": image,
    }


def worst(numbers: list[float], expected: Tensor) -> float:
    """The largest difference, by the number's own size where that is above 1."""
    wanted = expected.flatten()
    assert len(numbers) == len(wanted)
    return float(((torch.tensor(numbers) - wanted).abs() / wanted.abs().clamp(min=1)).max())

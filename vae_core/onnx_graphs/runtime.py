"""onnxruntime, which runs what torch has no functions for, and judges how torch runs the rest.

Its wheels for Linux and macOS tell Microsoft of every process and model unless the environment forbids it before the
first import: github.com/microsoft/onnxruntime/pull/27379. So nothing else here imports it.
"""

import os
import warnings

import torch

from vae_core.errors import GraphError

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

MOST_THREADS = 4


def open_session(content: bytes) -> onnxruntime.InferenceSession:
    """A graph opened by onnxruntime, on the CPU.

    Raises:
        GraphError: it cannot be opened.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is an exception
    options.intra_op_num_threads = min(torch.get_num_threads(), MOST_THREADS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # whatever onnxruntime raises
        first = str(error).strip().splitlines()[0][:160]
        raise GraphError(f"onnxruntime cannot open it ({first}).") from None

"""One process or several: what the training loop asks of them, and nothing of a model.

Every worker draws the whole batch's indices and noise and keeps its own share, so that the result is that of a
single process up to the order of floating-point sums.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
import torch.distributed as dist

# Imported once there is a group, as optimizers do, its functions' defaults would keep that group for ever: the threads
# that it leaves behind can end the process with an error.
import torch.distributed.nn.functional
from torch import Tensor, nn

from vae_core.errors import TrainingError

Said = TypeVar("Said")


class Workers:
    """A group of equal workers; a group of one needs no communication."""

    def __init__(self, rank: int = 0, count: int = 1, device: torch.device | None = None) -> None:
        self.rank = rank
        self.count = count
        self.device = device

    @property
    def is_first(self) -> bool:
        """Whether this worker is the one that writes files."""
        return self.rank == 0

    def share(self, batch: Tensor, dim: int = 0) -> Tensor:
        """This worker's part of a batch: as equal as the numbers allow, possibly empty."""
        return batch.tensor_split(self.count, dim=dim)[self.rank]

    def total(self, tensor: Tensor) -> Tensor:
        """The sum of a tensor over all workers, in place."""
        if self.count > 1:
            dist.all_reduce(tensor)
        return tensor

    def total_gradients(self, parameters: Iterable[nn.Parameter], beside: Tensor) -> Tensor:
        """Sum every gradient, and one more tensor, over all workers in a single exchange; returns that tensor."""
        if self.count == 1:
            return beside
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients] + [beside.to(gradients[0].dtype)])
        dist.all_reduce(flat)
        *summed, beside_sum = flat.split([gradient.numel() for gradient in gradients] + [len(beside)])
        for gradient, whole in zip(gradients, summed, strict=True):
            gradient.copy_(whole.view_as(gradient))
        return beside_sum

    def first_says(self, own: Said) -> Said:
        """What the first worker has found, for all: sums on GPUs may differ in the last digit, decisions may not."""
        if self.count == 1:
            return own
        said = [own]
        dist.broadcast_object_list(said, device=self.device)
        return said[0]

    def wait(self) -> None:
        """Return once every worker has come this far."""
        if self.count > 1:
            dist.barrier()

    def close(self) -> None:
        """Leave the group."""
        if self.count > 1:
            dist.destroy_process_group()


def join_workers(device: torch.device) -> Workers:
    """The group that torchrun set up in the environment, or a group of one."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Workers()
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return Workers(dist.get_rank(), count, device)


@contextmanager
def repeatable(device: torch.device) -> Iterator[None]:
    """Let CUDA take the ways that give the same sums each time, where it has them; it warns where it has not."""
    if device.type != "cuda":
        yield
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    was, warned = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    benchmark = torch.backends.cudnn.benchmark
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(was, warn_only=warned)
        torch.backends.cudnn.benchmark = benchmark


def choose_device(name: str = "auto") -> torch.device:
    """`auto` takes CUDA, then MPS, then the processor; under torchrun each worker takes its own GPU.

    Raises:
        TrainingError: the device that was asked for is not on this machine.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        if device.type == "cuda" and device.index is None:
            device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(f"device {name!r} is not available here ({reason}); take cpu or auto.") from None
    return device


def autocast_dtype(precision: str, device: torch.device) -> torch.dtype | None:
    """The autocast type: bfloat16 where it is quicker, None for plain float32.

    On a CPU that takes its matrix unit (AMX): with AVX-512's bfloat16 alone a step took 1.4 to 1.6 times as long.
    """
    if precision == "float32":
        return None
    if precision == "bfloat16":
        return torch.bfloat16
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else None
    if device.type == "cpu":
        return torch.bfloat16 if torch.cpu.get_capabilities().get("amx_bf16") else None
    return None

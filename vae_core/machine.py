"""What this machine offers: processors and memory that may be used, and what a model's work costs on it."""

import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from vae_core.checkpoint.layout import QUEUE_FOLDER, SPEED_FILE, checkpoints_root
from vae_core.files import write_json
from vae_core.sizes import Work

KIB = 1024
GROUPS = PurePosixPath("sys/fs/cgroup")


def usable_cores(root: Path = Path("/")) -> int:
    """Processors that this process may use: those it is bound to, and no more than its control groups grant it."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        cores = os.cpu_count() or 1
    quotas = [cores, *(math.ceil(quota) for quota in _quotas(root))]
    return max(1, min(quotas))


def memory_left(root: Path = Path("/")) -> int | None:
    """Bytes that new processes may still take: the least of what the machine and its control groups leave.

    None where the system does not say, as without Linux's /proc. `root` holds `proc` and `sys`.
    """
    machine = _numbers(root / "proc/meminfo").get("MemAvailable:")
    found = [] if machine is None else [machine * KIB]
    for limit, used in _memory_groups(root):
        found.append(max(0, limit - used))
    return min(found, default=None)


def _quotas(root: Path) -> Iterator[float]:
    """How many processors' time each control group around this process grants it."""
    for group in _groups(root, "cpu", ""):
        words = " ".join(_lines(group / "cpu.max")).split()
        if len(words) == 2 and words[0].isdecimal():  # "max" is no limit
            yield int(words[0]) / int(words[1])
    for group in _groups(root, "cpu", "cpu"):
        quota, period = ("".join(_lines(group / f"cpu.cfs_{name}_us")) for name in ("quota", "period"))
        if quota.isdecimal() and period.isdecimal():  # -1 is no limit
            yield int(quota) / int(period)


def _memory_groups(root: Path) -> Iterator[tuple[int, int]]:
    """Limit and use, in bytes, of every control group around this process that limits memory."""
    versions = (
        ("", "memory.max", "memory.current", "inactive_file"),
        ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    )
    for mount, limit, used, cached in versions:
        for group in _groups(root, "memory", mount):
            word = "".join(_lines(group / limit))
            if word.isdecimal():  # "max" is no limit
                taken = int("".join(_lines(group / used)) or 0)
                # Cached files count as used, but give way.
                yield int(word), taken - _numbers(group / "memory.stat").get(cached, 0)


def _groups(root: Path, controller: str, mount: str) -> Iterator[Path]:
    """This process's control group and those around it: of version 2 where `mount` is empty, else of version 1.

    In a container the mount is the group itself, whatever its path says.
    """
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if (controllers == "") if mount == "" else (controller in controllers.split(",")):
            inner = PurePosixPath(path.lstrip("/"))
            for group in (inner, *inner.parents):
                yield root / GROUPS / mount / group


def _numbers(path: Path) -> dict[str, int]:
    """The first number of each line, by the word before it."""
    pairs = (line.split()[:2] for line in _lines(path))
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdecimal()}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []  # this system does not have it


class Speed(NamedTuple):
    """What work costs on a machine: where it trains, and on its processor, where models are measured and mapped."""

    training: Work
    finishing: Work
    file: float  # seconds to write the smallest file so that it outlives a power cut
    byte: float  # seconds for each byte of a large one


# Measured on one core of an AMD EPYC of 2021; every core more divides what is computed in parallel.
CALL, CONVOLUTION, WEIGHT = 1.2e-3, 4.6e-4, 4e-9
DENSE, CONVOLVING, MOVED = 1 / 48e9, 1 / 35e9, 1 / 300e6


def typical_speed(cores: int | None = None) -> Speed:
    """What a machine of so many cores is taken for until it has been measured."""
    cores = cores or usable_cores()
    costs = Work(CALL, CONVOLUTION, DENSE / cores, CONVOLVING / cores, MOVED / cores, WEIGHT)
    return Speed(costs, costs, file=5e-3, byte=2e-9)


@cache
def _identity() -> dict[str, Any]:
    """What a measured speed belongs to."""
    models = [line.partition(":")[2].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    try:
        torch = version("torch")
    except PackageNotFoundError:
        torch = ""
    return {"processor": (models or [platform.processor()])[0], "cores": usable_cores(), "torch": torch}


def speed_path() -> Path:
    """Where this machine's speed is kept, beside the checkpoints."""
    return checkpoints_root() / QUEUE_FOLDER / SPEED_FILE


def known_speed() -> Speed | None:
    """This machine's speed as it was measured; None where it has not been, or was of another machine or PyTorch."""
    try:
        content = json.loads(speed_path().read_text(encoding="utf-8"))
        if content["machine"] != _identity():
            return None
        speed = Speed(Work(**content["training"]), Work(**content["finishing"]), content["file"], content["byte"])
        numbers = [*speed.training, *speed.finishing, speed.file, speed.byte]
        return speed if all(math.isfinite(number) and number >= 0 for number in numbers) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # measured anew


def keep_speed(speed: Speed) -> None:
    """Keep this machine's speed as measured. Raises OSError where the folder can't be written."""
    content = {
        "training": speed.training._asdict(),
        "finishing": speed.finishing._asdict(),
        "file": speed.file,
        "byte": speed.byte,
    }
    write_json(speed_path(), {"machine": _identity(), **content})


PACKAGE_PARENT = Path(__file__).resolve().parents[1]
_trial: subprocess.Popen[bytes] | None = None  # one at most for each process: a trial that fails is not repeated


def measure_in_background() -> None:
    """Start measuring this machine in a process of its own, unless that was tried before."""
    global _trial
    if _trial is None:
        _trial = subprocess.Popen(
            [sys.executable, "-m", "vae_core.training.trial"],
            cwd=PACKAGE_PARENT,
            env={**os.environ, "LATENT_EXPLORER_CHECKPOINTS": str(checkpoints_root().resolve())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


def is_measuring() -> bool:
    """Whether the measuring that was started here is still going on."""
    return _trial is not None and _trial.poll() is None

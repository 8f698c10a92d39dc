"""What this machine offers: processors and memory that may be used, and its name."""

import math
import os
import platform
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

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


@cache
def processor() -> str:
    """The model of the processor, or what the system says instead."""
    models = [line.partition(":")[2].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    return (models or [platform.processor()])[0]

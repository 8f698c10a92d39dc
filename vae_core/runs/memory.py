"""How much memory this machine has left, or the container that it is. Free of torch."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

KIB = 1024
GROUPS = PurePosixPath("sys/fs/cgroup")


def memory_left(root: Path = Path("/")) -> int | None:
    """Bytes that new processes may still take: the least of what the machine and its control groups leave.

    None where the system does not say, as without Linux's /proc. `root` holds `proc` and `sys`.
    """
    machine = _numbers(root / "proc/meminfo").get("MemAvailable:")
    found = [] if machine is None else [machine * KIB]
    for limit, used in _groups(root):
        found.append(max(0, limit - used))
    return min(found, default=None)


def _groups(root: Path) -> Iterator[tuple[int, int]]:
    """Limit and use, in bytes, of every control group around this process that limits memory."""
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            yield from _around(root / GROUPS, path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            yield from _around(root / GROUPS / "memory", path, *names)


def _around(mount: Path, path: str, limit: str, used: str, cached: str) -> Iterator[tuple[int, int]]:
    """The group and those around it. In a container the mount is the group itself, whatever its path says."""
    inner = PurePosixPath(path.lstrip("/"))
    for group in [mount / inner, *(mount / parent for parent in inner.parents)]:
        word = "".join(_lines(group / limit))
        if word.isdecimal():  # "max" is no limit
            taken = int("".join(_lines(group / used)) or 0)
            # Cached files count as used, but give way.
            yield int(word), taken - _numbers(group / "memory.stat").get(cached, 0)


def _numbers(path: Path) -> dict[str, int]:
    """The first number of each line, by the word before it."""
    pairs = (line.split()[:2] for line in _lines(path))
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdecimal()}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []  # this system does not have it

"""What a machine offers: memory and processors left as systems write it."""

import os
from pathlib import Path

import pytest

from vae_core.machine import memory_left, usable_cores

GB = 10**9
MACHINE = "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:    8000000 kB\n"


def system(root: Path, files: dict[str, str]) -> Path:
    """A folder with files as /proc and /sys have them."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


def test_without_groups_the_machine_is_the_limit(tmp_path: Path) -> None:
    assert memory_left(system(tmp_path, {"proc/meminfo": MACHINE})) == 8_000_000 * 1024


def test_where_the_system_does_not_say_nothing_is_claimed(tmp_path: Path) -> None:
    assert memory_left(tmp_path) is None


def test_the_tightest_group_around_the_process_is_the_limit(tmp_path: Path) -> None:
    """Version 2: `max` is no limit; cached files give way."""
    group = "sys/fs/cgroup/user.slice/app.scope"
    files = {
        "proc/meminfo": MACHINE,
        "proc/self/cgroup": "0::/user.slice/app.scope\n",
        f"{group}/memory.max": "max\n",
        f"{group}/memory.current": f"{GB}\n",
        "sys/fs/cgroup/user.slice/memory.max": f"{3 * GB}\n",
        "sys/fs/cgroup/user.slice/memory.current": f"{2 * GB}\n",
        "sys/fs/cgroup/user.slice/memory.stat": f"anon 5\nactive_file 7\ninactive_file {GB // 2}\n",
    }
    assert memory_left(system(tmp_path, files)) == 3 * GB - 2 * GB + GB // 2


@pytest.mark.parametrize("folder", ["sys/fs/cgroup/memory/docker/abc", "sys/fs/cgroup/memory"])
def test_a_container_of_the_first_version_is_found_from_outside_and_inside(tmp_path: Path, folder: str) -> None:
    files = {
        "proc/meminfo": MACHINE,
        "proc/self/cgroup": "9:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/\n",
        f"{folder}/memory.limit_in_bytes": f"{2 * GB}\n",
        f"{folder}/memory.usage_in_bytes": f"{GB}\n",
        f"{folder}/memory.stat": "inactive_file 9\ntotal_inactive_file 1000\n",
    }
    assert memory_left(system(tmp_path, files)) == GB + 1000


def test_a_group_past_its_limit_has_nothing_left(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "0::/\n",
        "sys/fs/cgroup/memory.max": f"{GB}\n",
        "sys/fs/cgroup/memory.current": f"{2 * GB}\n",
    }
    assert memory_left(system(tmp_path, files)) == 0


def test_this_machine_has_some_left() -> None:
    assert (memory_left() or 0) > 0


@pytest.fixture
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is bound to eight processors of a machine with 64."""
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(8)), raising=False)


@pytest.mark.usefixtures("eight_cores")
def test_processors_that_the_process_is_not_bound_to_do_not_count(tmp_path: Path) -> None:
    assert usable_cores(tmp_path) == 8


@pytest.mark.usefixtures("eight_cores")
@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"proc/self/cgroup": "0::/pod\n", "sys/fs/cgroup/pod/cpu.max": "150000 100000\n"}, 2),
        ({"proc/self/cgroup": "0::/pod/app\n", "sys/fs/cgroup/pod/cpu.max": "400000 100000\n"}, 4),
        ({"proc/self/cgroup": "0::/pod\n", "sys/fs/cgroup/pod/cpu.max": "max 100000\n"}, 8),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "20000 100000\n"}, 1),
        (
            {
                "proc/self/cgroup": "4:cpu,cpuacct:/docker/abc\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            3,
        ),
        (
            {
                "proc/self/cgroup": "4:cpu:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            8,
        ),
    ],
    ids=["own group", "group around", "no limit", "a fifth", "version 1", "version 1 without limit"],
)
def test_no_more_processors_count_than_the_groups_grant(tmp_path: Path, files: dict[str, str], cores: int) -> None:
    assert usable_cores(system(tmp_path, files)) == cores

"""What a machine offers: memory and processors left as systems write it, and its speed as a trial finds it."""

import json
import os
import time
from pathlib import Path

import pytest
import torch

from vae_core import machine
from vae_core.machine import (
    is_measuring,
    keep_speed,
    known_speed,
    measure_in_background,
    memory_left,
    speed_path,
    typical_speed,
    usable_cores,
)
from vae_core.sizes import Work, step_work
from vae_core.training import trial

GB = 10**9
LIMIT = 180.0  # seconds; a busy machine takes many times what a quiet one does
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


def test_costs_are_found_again_from_the_times_they_make() -> None:
    """Also those of a machine of quite other proportions, such as an accelerator with slow calls."""
    for factors in ((1, 1, 1, 1, 1, 1), (3, 2, 0.5, 0.7, 1.5, 2)):
        costs = Work(*(cost * factor for cost, factor in zip(typical_speed().training, factors, strict=True)))
        seconds = [step_work(*one).seconds(costs) for one in trial._trials()]
        again = [step_work(*one).seconds(trial.solve_costs(seconds)) for one in trial._trials()]
        assert again == pytest.approx(seconds, rel=0.15)


def test_one_disturbed_trial_makes_no_cost_negative_or_nothing() -> None:
    honest = [step_work(*one).seconds(typical_speed().training) for one in trial._trials()]
    for disturbed in range(len(honest)):
        seconds = [time * (10 if number == disturbed else 1) for number, time in enumerate(honest)]
        assert all(cost > 0 for cost in trial.solve_costs(seconds))


@pytest.mark.usefixtures("checkpoints")
def test_a_speed_is_kept_for_the_machine_and_the_pytorch_it_was_measured_with(monkeypatch: pytest.MonkeyPatch) -> None:
    speed = typical_speed(3)
    keep_speed(speed)
    assert known_speed() == speed
    other = machine._identity() | {"cores": 99}
    monkeypatch.setattr(machine, "_identity", lambda: other)
    assert known_speed() is None


@pytest.mark.usefixtures("checkpoints")
@pytest.mark.parametrize("content", ["", "[]", "{}", '{"machine": null}', "{", '{"machine": 1, "training": 2}'])
def test_a_damaged_speed_is_measured_anew(content: str) -> None:
    speed_path().write_text(content)
    assert known_speed() is None


@pytest.mark.usefixtures("checkpoints")
def test_a_speed_that_is_no_number_is_measured_anew() -> None:
    keep_speed(typical_speed(3))
    content = json.loads(speed_path().read_text())
    content["training"]["dense"] = float("nan")
    speed_path().write_text(json.dumps(content))
    assert known_speed() is None


@pytest.mark.usefixtures("checkpoints")
def test_a_machine_is_measured_in_the_background_by_real_steps_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    speed_path().unlink()
    monkeypatch.setattr(machine, "_trial", None)
    measure_in_background()
    assert is_measuring()
    started = machine._trial
    deadline = time.monotonic() + LIMIT
    while is_measuring():
        assert time.monotonic() < deadline, "the trial did not end in time"
        time.sleep(0.05)
    speed = known_speed()
    assert speed is not None
    assert all(cost > 0 for cost in speed.training)
    assert speed.file > 0
    measure_in_background()
    assert machine._trial is started


def test_a_trial_takes_real_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """More work takes longer: 64 times the images of a network that is not all calls."""
    monkeypatch.setattr(trial, "SECONDS", 0.1)
    (model, _), *_ = trial._trials()
    large = model.model_copy(update={"hidden_units": 512})
    few, many = (trial.seconds_a_step(large, images, torch.device("cpu")) for images in (16, 4096))
    assert many > 2 * few


def test_the_first_trial_finds_no_folder_to_keep_its_speed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(tmp_path / "not yet made"))
    monkeypatch.setattr(trial, "measure_speed", typical_speed)
    assert trial.main() == 0
    assert known_speed() == typical_speed()

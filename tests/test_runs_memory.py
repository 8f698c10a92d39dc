"""The memory a run takes and the memory that is left: read as systems write it, compared in words."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from vae_core.config import ModelConfig, TrainConfig
from vae_core.runs.planning import estimate, memory_left, shortage

GB = 10**9
MACHINE = "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:    8000000 kB\n"
# Two steps of training, and the most memory that the process ever held.
TWO_STEPS = """
import json, resource, sys, torch
from vae_core.config import ModelConfig, TrainConfig
from vae_core.model.objective import training_loss
from vae_core.training.state import RunState
model, batch = ModelConfig(**json.loads(sys.argv[1])), int(sys.argv[2])
state = RunState(model, TrainConfig(data="digits"), torch.device("cpu"))
for _ in range(2):
    x = torch.rand(batch, model.channels, model.image_size, model.image_size)
    noise = torch.randn(1, batch, model.latent_dim)
    loss = training_loss(state.model, x, noise, images=batch, beta=1.0, free_bits=0.0, total=lambda x: x)
    state.optimizer.zero_grad()
    loss.value.backward()
    state.optimizer.step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


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


def test_a_run_that_needs_more_than_is_left_is_said_with_a_batch_that_fits() -> None:
    model = ModelConfig(network="conv", width=32, image_size=64, channels=3)
    training = TrainConfig(data="digits", batch_size=2048)
    sentence = shortage(model, training, 60_000, 4 * GB) or ""
    assert "about 26.4 GB of memory, but only 4.0 GB are left" in sentence
    assert "a batch of 128 would fit" in sentence
    fitting = training.model_copy(update={"batch_size": 128})
    assert shortage(model, fitting, 60_000, 4 * GB) is None
    assert shortage(model, training, 60_000, None) is None
    assert "smaller images or a smaller network" in (shortage(model, training, 60_000, GB // 2) or "")


@pytest.mark.parametrize(
    ("settings", "batch"),
    [
        ({"network": "conv", "width": 16, "image_size": 28}, 512),
        ({"network": "conv", "width": 32, "image_size": 64, "channels": 3}, 64),
        ({"network": "mlp", "hidden_units": 4096, "hidden_layers": 2, "image_size": 28}, 512),
    ],
    ids=["conv", "large conv", "mlp"],
)
def test_the_estimate_is_of_the_size_that_training_takes(settings: dict[str, object], batch: int) -> None:
    command = [sys.executable, "-c", TWO_STEPS, json.dumps(settings), str(batch)]
    peak = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) * 1024
    model = ModelConfig.parse(settings)
    estimated = estimate(model, TrainConfig(data="digits", batch_size=batch), 10_000, []).memory
    assert 0.8 * peak < estimated < 2.5 * peak

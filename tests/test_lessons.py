"""What lessons train, in a process of its own: parts before the rest, one at a time, a stop, and what was found."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from serving.lessons import Lessons
from tests.shipped_models import MODELS
from vae_core.checkpoint.layout import PRIOR_FILE, WEIGHTS_FILE
from vae_core.files import write_bytes
from vae_core.lessons.orders import ORDER, FlowOrder, NoiseOrder, PriorsOrder, Trained, VarianceOrder

LIMIT = 300.0  # seconds; a busy machine takes many times what a quiet one does


def wait_until(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def kinds(parts: list[dict[str, object]]) -> list[object]:
    return [part["part"] for part in parts]


def test_parts_are_there_while_the_rest_is_under_way_and_stay_when_it_is_stopped() -> None:
    lessons = Lessons()
    order = VarianceOrder(variances=(0.05, 0.5))
    assert lessons.of(order) is None
    lesson = lessons.start(order)
    assert lessons.start(VarianceOrder(variances=(0.05, 0.5))) is lesson, "one for all who ask for the same"
    wait_until(lambda: "trained" in kinds(lesson.parts), "no model was told of")
    first = Trained.model_validate(lesson.parts[1])
    assert abs(first.variance - 0.05) < 1e-6
    assert not lesson.done
    assert 0 < lesson.share < 1
    assert lesson.seconds_left is not None
    lesson.stop()
    assert lesson.wait(LIMIT)
    assert (lesson.problem, lesson.stopped) == (None, True)
    assert "trained" in kinds(lesson.parts)
    assert lessons.of(order) is lesson
    again = lessons.start(order)
    assert again is not lesson, "what was stopped may be begun again"
    again.stop()
    assert again.wait(LIMIT)


def test_one_at_a_time_and_what_was_found_is_found_again() -> None:
    lessons = Lessons()
    order = FlowOrder(shape="ring", layers=2)
    first = lessons.start(order)
    second = lessons.start(NoiseOrder(cost=32))
    wait_until(lambda: first.parts, "nothing was told")
    assert second.progress.stage == "Waiting for what is being trained before"
    second.stop()
    assert first.wait(LIMIT)
    assert first.problem is None
    assert second.wait(LIMIT)
    assert second.parts == []
    assert lessons.start(order) is first
    steps, records = ([part for part in first.parts if part["part"] == kind] for kind in ("step", "flow"))
    assert steps[-1]["step"] == steps[-1]["steps"]
    assert len(records[-1]["record"]["layers"]) == 2


@pytest.mark.parametrize("name", [WEIGHTS_FILE, PRIOR_FILE])
def test_a_model_that_is_made_anew_in_the_same_folder_is_another_order(name: str, tmp_path: Path) -> None:
    folder = shutil.copytree(MODELS / "digits-2d", tmp_path / "mine")
    before = PriorsOrder.of(folder)
    assert PriorsOrder.of(folder) == before
    assert ORDER.validate_json(before.model_dump_json()) == before
    write_bytes(folder / name, (folder / name).read_bytes())
    assert PriorsOrder.of(folder) != before


def test_a_model_that_is_not_there_is_told_as_a_problem() -> None:
    lessons = Lessons()
    order = PriorsOrder.of(Path("/nowhere/at/all"))
    lesson = lessons.start(order)
    assert lesson.wait(LIMIT)
    assert lesson.problem is not None
    assert "/nowhere/at/all" in lesson.problem
    assert lessons.start(order) is not lesson, "it may be tried again"

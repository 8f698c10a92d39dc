"""The queue for heavy work: whose turn it is, what the others are told, and what becomes of the process that works."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from serving import workshop as workshop_module
from serving.workshop import FullError, Workshop

LIMIT = 60.0  # seconds; a busy machine takes many times what a quiet one does

# Works on each job until its file appears or it is cancelled, or for ever where it is deaf.
DESK = """
import json, os, sys, threading, time
cancelled, jobs, more = -1, [], threading.Event()
def listen():
    global cancelled
    for line in sys.stdin:
        order = json.loads(line)
        if "cancel" in order:
            cancelled = order["cancel"]
        else:
            jobs.append(order)
            more.set()
    os._exit(0)
def say(told):
    print(json.dumps(told), flush=True)
threading.Thread(target=listen, daemon=True).start()
while more.wait():
    more.clear()
    job = jobs.pop()
    wish = job["wish"]
    say({"step": {"stage": "work", "done": 1, "total": 2}})
    while not os.path.exists(wish["file"]) and (wish.get("deaf") or cancelled < job["number"]):
        time.sleep(0.005)
    say({"result": wish["name"]} if cancelled < job["number"] else {"cancelled": True})
"""


class Asked:
    """A request: what it was told, in order, and whether it is over."""

    def __init__(self, lines: AsyncIterator[bytes]) -> None:
        self.told: list[dict[str, Any]] = []
        self.task = asyncio.create_task(self._listen(lines))

    async def _listen(self, lines: AsyncIterator[bytes]) -> None:
        async for line in lines:
            self.told.append(json.loads(line))

    @property
    def stages(self) -> list[str]:
        return [told["step"]["stage"] for told in self.told if "step" in told]

    async def go_away(self) -> None:
        self.task.cancel()
        await asyncio.wait({self.task})


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT):
        while not reached():
            await asyncio.sleep(0.01)


class Scene:
    """A workshop with a process that works for as long as the test wants."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.workshop = Workshop([sys.executable, "-c", DESK], **options)

    def ask(self, client: str, name: str, **wish: Any) -> Asked:
        wish |= {"name": name, "file": str(self.folder / name)}
        return Asked(self.workshop.ask(client, "film", self.folder, "1", json.dumps(wish)))

    def release(self, name: str) -> None:
        (self.folder / name).touch()

    async def answers(self, asked: Asked) -> Any:
        await until(asked.task.done)
        return asked.told[-1]


def play(folder: Path, story: Callable[[Scene], Awaitable[None]], **options: Any) -> None:
    async def scenario() -> None:
        scene = Scene(folder, **options)
        async with scene.workshop.open():
            await story(scene)

    asyncio.run(scenario())


def test_one_of_each_client_has_its_turn_and_all_are_told_their_place(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        many = [scene.ask("a", f"a{index}") for index in range(4)]
        await until(lambda: many[0].stages[-1:] == ["work"])
        others = [scene.ask("b", "b0"), scene.ask("c", "c0"), scene.ask("b", "b1")]
        waiting = {"b0": others[0], "c0": others[1], "a1": many[1], "b1": others[2], "a2": many[2], "a3": many[3]}
        for place, asked in enumerate(waiting.values(), start=1):
            await until(lambda asked=asked, place=place: asked.stages[-1:] == [f"Waiting: {place} before yours"])  # type: ignore[misc]
        scene.release("a0")
        assert await scene.answers(many[0]) == {"result": "a0"}
        while waiting:
            name, first = next(iter(waiting.items()))
            await until(lambda first=first: first.stages[-1:] == ["work"])  # type: ignore[misc]
            del waiting[name]
            for place, asked in enumerate(waiting.values(), start=1):
                await until(lambda asked=asked, place=place: asked.stages[-1:] == [f"Waiting: {place} before yours"])  # type: ignore[misc]
            scene.release(name)
            assert await scene.answers(first) == {"result": name}

    play(tmp_path, story)


def test_who_leaves_the_queue_makes_room_and_who_leaves_the_work_stops_it(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        working, waiting, last = (scene.ask("a", name) for name in ("one", "two", "three"))
        await until(lambda: last.stages[-1:] == ["Waiting: 2 before yours"])
        await waiting.go_away()
        await until(lambda: last.stages[-1:] == ["Waiting: 1 before yours"])
        await working.go_away()
        scene.release("three")
        assert await scene.answers(last) == {"result": "three"}

    play(tmp_path, story)


def test_who_comes_back_is_the_last_to_have_come(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        working, gone, other = scene.ask("a", "a0"), scene.ask("b", "b0"), scene.ask("c", "c0")
        await until(lambda: other.stages[-1:] == ["Waiting: 2 before yours"])
        await gone.go_away()
        back = scene.ask("b", "b1")
        await until(lambda: back.stages[-1:] == ["Waiting: 2 before yours"])
        for name, asked in (("a0", working), ("c0", other), ("b1", back)):
            scene.release(name)
            assert await scene.answers(asked) == {"result": name}

    play(tmp_path, story)


def test_a_process_that_does_not_stop_is_stopped(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        deaf = scene.ask("a", "never", deaf=True)
        await until(lambda: deaf.stages[-1:] == ["work"])
        first = scene.workshop.process_id
        await deaf.go_away()
        scene.release("next")
        assert await scene.answers(scene.ask("a", "next")) == {"result": "next"}
        assert scene.workshop.process_id != first

    play(tmp_path, story, cancel_limit=0.2)


def test_the_process_comes_with_work_and_goes_without(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        assert scene.workshop.process_id is None
        for name in ("one", "two"):
            scene.release(name)
            assert await scene.answers(scene.ask("a", name)) == {"result": name}
            process = scene.workshop.process_id
            assert process is not None
            await until(lambda: scene.workshop.process_id is None)
            with pytest.raises(ProcessLookupError):
                await until(lambda process=process: os.kill(process, 0) is not None)

    play(tmp_path, story, idle=0.2)


def test_the_process_ends_with_the_server(tmp_path: Path) -> None:
    processes: list[int] = []

    async def story(scene: Scene) -> None:
        working = scene.ask("a", "never", deaf=True)
        await until(lambda: working.stages[-1:] == ["work"])
        assert scene.workshop.process_id is not None
        processes.append(scene.workshop.process_id)
        await working.go_away()

    play(tmp_path, story)
    with pytest.raises(ProcessLookupError):
        os.kill(processes[0], 0)


def test_a_process_that_cannot_be_started_is_told_of(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        scene.workshop.command = [str(tmp_path / "absent")]
        assert "has ended" in (await scene.answers(scene.ask("a", "one")))["error"]

    play(tmp_path, story)


def test_no_more_is_taken_than_can_be_promised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop_module, "MOST_WAITING", 4)
    monkeypatch.setattr(workshop_module, "MOST_WAITING_EACH", 3)

    async def story(scene: Scene) -> None:
        asked = [scene.ask("a", str(index)) for index in range(4)]
        await until(lambda: asked[3].stages[-1:] == ["Waiting: 3 before yours"])
        scene.workshop.check_room("b")
        with pytest.raises(FullError, match="3 of your requests"):
            scene.workshop.check_room("a")
        asked.append(scene.ask("b", "5"))
        await until(lambda: bool(asked[4].stages))
        with pytest.raises(FullError, match="4 requests are waiting"):
            scene.workshop.check_room("c")
        for each in asked:
            await each.go_away()
        scene.workshop.check_room("a")

    play(tmp_path, story)

"""Looks at a model that is brought: those that nobody waits for any more are stopped."""

import gc
from typing import Any

import pytest

from serving import bringings
from serving.bringings import Bringing
from vae_core.collection.bringing import MapImages
from vae_core.imports.description import Description


class Look:
    """A look that ends when it is told to."""

    def __init__(self, wish: Any) -> None:
        self.wish, self.done, self.stopped = wish, False, False

    def stop(self) -> None:
        self.done = self.stopped = True


@pytest.fixture
def bringing(monkeypatch: pytest.MonkeyPatch) -> Bringing:
    monkeypatch.setattr(bringings, "Opening", Look)
    return Bringing("somebody/a-model")


def look(bringing: Bringing, **said: str) -> Any:
    return bringing.look(Description.parse(said), MapImages())


def test_a_look_under_way_is_stopped_by_the_next_one(bringing: Bringing) -> None:
    first = look(bringing)
    assert look(bringing) is first
    second = look(bringing, channels="1")
    assert (first.stopped, second.stopped) == (True, False)
    assert look(bringing) is not first, "it has found nothing"


def test_what_was_found_stays_while_answers_are_tried(bringing: Bringing) -> None:
    found = look(bringing)
    found.done = True
    for size in ("8", "16", "28"):
        assert look(bringing) is found
        look(bringing, image_size=size).done = True
    assert look(bringing) is found


@pytest.mark.usefixtures("bringing")
def test_looks_end_with_the_visit() -> None:
    last = look(Bringing("somebody/another"))
    gc.collect()
    assert last.stopped

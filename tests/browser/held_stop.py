"""A stop under a pressed pointer."""

from tests.browser.interpolation import PathPage


def hold(paths: PathPage, letter: str) -> tuple[float, float]:
    """Presses a stop and carries it just so far that it is a drag; where it was."""
    start = paths.stop(letter)
    paths.page.mouse.move(*start)
    paths.page.mouse.down()
    carry(paths, (start[0] + 5, start[1]))
    return start


def carry(paths: PathPage, place: tuple[float, float]) -> None:
    """Moves what is held to a place, and waits until the strip has followed."""
    held = "strips.filter(({ held }) => held).length"
    before = paths.page.evaluate(held)
    paths.page.mouse.move(*place)
    paths.page.wait_for_function(f"before => {held} > before", arg=before)

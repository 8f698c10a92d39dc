"""A Chromium for Playwright: one of this machine, else Debian's package, else Playwright's own download.

`python -m harness.equipment` makes sure that there is one.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Download, Page, sync_playwright

from harness import debian
from harness.window import HEIGHT, LIMIT, LOOK, STEP, WIDTH, Place, from_json, over_json

# The one without windows first: it draws and runs the same, for less.
COMMANDS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
MAC_APPLICATIONS = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)
# No sandbox, which containers forbid; no GPU and no background traffic, for the same picture everywhere. Pages that ask
# for a GPU to compute on get one of software, which says so: without any, Chromium would warn that there is none.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

LOUD = ("warning", "error")  # kinds of console messages


def find_chromium() -> Path | None:
    """The executable of a Chromium that is ready to run, or None."""
    for command in COMMANDS:
        if found := shutil.which(command):
            return Path(found)
    for application in MAC_APPLICATIONS:
        if application.exists():
            return application
    with sync_playwright() as playwright:
        downloaded = Path(playwright.chromium.executable_path)
    return downloaded if downloaded.exists() else None


def install_chromium() -> Path:
    """Installs a Chromium and returns its executable; raises RuntimeError where no way of doing so worked."""
    if debian.can_install():
        for package in ("chromium-headless-shell", "chromium"):
            print(f"== Installing Chromium: Debian's package {package}", flush=True)
            debian.install(package)
            if found := find_chromium():
                return found
    print("== Installing Chromium: Playwright's own", flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], stdin=subprocess.DEVNULL)
    if found := find_chromium():
        return found
    raise RuntimeError("No Chromium could be installed. Install Chromium or Google Chrome, then run this again.")


@contextmanager
def launched_chromium(*flags: str) -> Iterator[Browser]:
    """A headless Chromium that is closed at the end; raises RuntimeError where the machine has none."""
    executable = find_chromium()
    if executable is None:
        raise RuntimeError("No Chromium on this machine: run `python -m harness.equipment`.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


class ChromiumWindow:
    """A `Window` over a page of Playwright's."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._complaints: list[str] = []
        self._downloads: list[Download] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._complaints.append(f"uncaught: {error}"))
        page.on("download", lambda download: self._downloads.append(download))

    @property
    def complaints(self) -> list[str]:
        told = [*self._complaints]
        self._complaints.clear()
        return told

    def open(self, url: str) -> None:
        self._page.goto(url, timeout=LIMIT * 1000)

    def run(self, function: str, *values: Any) -> Any:
        return from_json(self._page.evaluate(over_json(function), json.dumps(values)))

    def press(self, place: Place) -> None:
        self._page.mouse.move(*place)
        self._page.mouse.down()

    def move(self, places: Sequence[Place]) -> None:
        for place in places:
            self._page.mouse.move(*place)
            self._page.wait_for_timeout(STEP)

    def release(self) -> None:
        self._page.mouse.up()

    def saved(self, ending: str) -> bytes | None:
        self._page.wait_for_timeout(LOOK * 1000)  # it hears of downloads in between
        named = [download for download in self._downloads if download.suggested_filename.endswith(ending)]
        if not named:
            return None
        self._downloads.remove(named[0])
        return named[0].path().read_bytes()

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type in LOUD:
            self._complaints.append(f"{said.type}: {said.text} ({said.location['url']})")


@contextmanager
def chromium_window(_folder: Path) -> Iterator[ChromiumWindow]:
    """A fresh Chromium; raises RuntimeError where the machine has none."""
    with launched_chromium() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        yield ChromiumWindow(page)

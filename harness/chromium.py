"""A Chromium for Playwright: one of this machine, else Debian's package, else Playwright's own download.

`python -m harness.equipment` makes sure that there is one.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from harness import debian

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
# No sandbox, which containers forbid; no GPU and no background traffic, for the same picture everywhere.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


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

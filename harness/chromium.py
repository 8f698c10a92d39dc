"""A Chromium for Playwright: one of this machine, else Debian's package, else Playwright's own download.

`python -m harness.chromium` makes sure that there is one.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

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
    if shutil.which("apt-get") and os.geteuid() == 0:
        _succeeds("apt-get", "update", "--quiet")
        for package in ("chromium-headless-shell", "chromium"):
            print(f"== Installing Chromium: Debian's package {package}", flush=True)
            _succeeds("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", package)
            if found := find_chromium():
                return found
    print("== Installing Chromium: Playwright's own", flush=True)
    _succeeds(sys.executable, "-m", "playwright", "install", "chromium")
    if found := find_chromium():
        return found
    raise RuntimeError("No Chromium could be installed. Install Chromium or Google Chrome, then run this again.")


def _succeeds(*command: str) -> bool:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL).returncode == 0


@contextmanager
def launched_chromium() -> Iterator[Browser]:
    """A headless Chromium that is closed at the end; raises RuntimeError where the machine has none."""
    executable = find_chromium()
    if executable is None:
        raise RuntimeError("No Chromium on this machine: run `python -m harness.chromium`.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def main() -> None:
    """Finds or installs a Chromium and prints where it is."""
    try:
        print(f"== Chromium: {find_chromium() or install_chromium()}")
    except RuntimeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()

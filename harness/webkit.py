"""A WebKit, Safari's engine: GTK's small browser on a screen of its own, driven by WebDriver.

On Debian it is the packages `webkit2gtk-driver`, `xvfb` and `dbus`; `python -m harness.equipment` installs them.
"""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness import debian
from harness.server import free_port
from harness.window import (
    HEIGHT,
    LIMIT,
    PRESS,
    RELEASE,
    WIDTH,
    Place,
    from_json,
    over_json,
    pointer_actions,
    pointer_move,
    saved_in,
)

PROGRAMS = ("WebKitWebDriver", "Xvfb", "dbus-run-session")
# A ResizeObserver that could not tell all at once is called an error, tells the rest later, and is none.
ERRORS = """() => {
  window.complaints = [];
  const complain = (what) => what.startsWith("ResizeObserver") || complaints.push(`uncaught: ${what}`);
  addEventListener("error", (event) => complain(event.message));
  addEventListener("unhandledrejection", (event) => complain(String(event.reason)));
}"""


def find_webkit() -> Path | None:
    """The browser, where it and all that drives it are there; else None."""
    browsers = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"))
    return browsers[0] if browsers and all(map(shutil.which, PROGRAMS)) else None


def install_webkit() -> Path | None:
    """Installs it where that can be done; the browser, or None."""
    debian.install("webkit2gtk-driver", "xvfb", "dbus")
    return find_webkit()


class WebKitWindow:
    """A `Window` over one WebDriver session. There is no console to hear: errors that nobody caught are complaints."""

    def __init__(self, driver: str, browser: Path, downloads: Path) -> None:
        self._downloads = downloads
        self._driver = driver
        options = {"binary": str(browser), "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        self._session = f"{driver}/session/{ask('POST', f'{driver}/session', wanted)['sessionId']}"
        self._tell("window/rect", {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT})
        self._tell("timeouts", {"script": int(LIMIT * 1000), "pageLoad": int(LIMIT * 1000)})

    @property
    def complaints(self) -> list[str]:
        return list(self.run("() => window.complaints?.splice(0) ?? []"))

    def open(self, url: str) -> None:
        self._tell("url", {"url": url})
        self.run(ERRORS)

    def run(self, function: str, *values: Any) -> Any:
        script = f"""
            const [values, done] = arguments;
            const failed = (error) => done({{ error: String(error) }});
            ({over_json(function)})(values).then((answer) => done({{ answer }}), failed);
        """
        told = self._tell("execute/async", {"script": script, "args": [json.dumps(values)]})
        if "error" in told:
            raise RuntimeError(f"{told['error']} in {function}")
        return from_json(told["answer"])

    def press(self, place: Place) -> None:
        self._point(pointer_move(place), PRESS)

    def move(self, places: Sequence[Place]) -> None:
        self._point(*map(pointer_move, places))

    def release(self) -> None:
        self._point(RELEASE)

    def saved(self, ending: str) -> bytes | None:
        return saved_in(self._downloads, ending)

    def close(self) -> None:
        ask("DELETE", self._session)

    def _point(self, *steps: dict[str, Any]) -> None:
        self._tell("actions", {"actions": pointer_actions(*steps)})

    def _tell(self, what: str, content: dict[str, Any]) -> Any:
        return ask("POST", f"{self._session}/{what}", content)


def ask(method: str, url: str, content: dict[str, Any] | None = None) -> Any:
    """The value of a WebDriver's answer; raises RuntimeError with its words where it refuses."""
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{method} {url}: {error.read().decode()}") from None


@contextmanager
def webkit_window(folder: Path) -> Iterator[WebKitWindow]:
    """A fresh WebKit with all its files in `folder`; raises RuntimeError where it is missing or does not answer."""
    browser = find_webkit()
    if browser is None:
        raise RuntimeError("No WebKit on this machine: run `python -m harness.equipment`.")
    downloads, port = folder / "Downloads", free_port()
    downloads.mkdir()
    (folder / "run").mkdir(mode=0o700)
    (folder / ".config").mkdir()
    (folder / ".config" / "user-dirs.dirs").write_text(f'XDG_DOWNLOAD_DIR="{downloads}"\n')
    with (folder / "webkit.log").open("w") as log, _screen(log.fileno()) as display:
        environment = {
            **os.environ,
            "DISPLAY": display,
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "XDG_CONFIG_HOME": str(folder / ".config"),
            "GDK_BACKEND": "x11",
            "LC_ALL": "C",  # the poorest of languages
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
        }
        command = ["dbus-run-session", "--", "WebKitWebDriver", "--host=127.0.0.1", f"--port={port}"]
        with _group(command, environment, log.fileno()):
            driver = f"http://127.0.0.1:{port}"
            _wait_until_ready(f"{driver}/status", Path(log.name))
            window = WebKitWindow(driver, browser, downloads)
            try:
                yield window
            finally:
                window.close()


@contextmanager
def _screen(log: int) -> Iterator[str]:
    """A screen that nobody sees, by its name."""
    reading, writing = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(writing),
        "-screen",
        "0",
        f"{WIDTH + 200}x{HEIGHT + 200}x24",
        "-nolisten",
        "tcp",
    ]
    process = subprocess.Popen(command, pass_fds=[writing], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            yield f":{told.readline().strip()}"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _group(command: list[str], environment: dict[str, str], log: int) -> Iterator[None]:
    """A process in a group of its own, which ends with all that it has started."""
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _wait_until_ready(url: str, log: Path) -> None:
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        try:
            if ask("GET", url)["ready"]:
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"WebKit's driver does not answer:\n{log.read_text()}")

"""A headless Firefox, driven over WebDriver BiDi through its own port; it needs no program beside it.

`python -m harness.equipment` makes sure that there is one on Debian.
"""

import itertools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.exceptions import InvalidHandshake
from websockets.sync.client import ClientConnection, connect

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

COMMANDS = ("firefox-esr", "firefox")
MAC_APPLICATION = Path("/Applications/Firefox.app/Contents/MacOS/firefox")
# No traffic of its own, no questions, and files saved without asking where.
PREFERENCES: dict[str, Any] = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.download.always_ask_before_handling_new_types": False,
    "browser.download.folderList": 2,
    "browser.download.useDownloadDir": True,
    "browser.helperApps.neverAsk.saveToDisk": "text/csv,image/png,application/octet-stream",
    "browser.safebrowsing.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "remote.active-protocols": 1,
    "remote.prefs.recommended": True,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}


def find_firefox() -> str | None:
    """Its executable, or None."""
    found = next((path for path in map(shutil.which, COMMANDS) if path), None)
    return found or (str(MAC_APPLICATION) if MAC_APPLICATION.exists() else None)


def install_firefox() -> str | None:
    """Installs it where that can be done; its executable, or None."""
    debian.install("firefox-esr")
    return find_firefox()


class FirefoxWindow:
    """A `Window` over one BiDi session."""

    def __init__(self, socket: ClientConnection, downloads: Path) -> None:
        self._downloads = downloads
        self._complaints: list[str] = []
        self._socket, self._numbers = socket, itertools.count(1)
        self._ask("session.new", capabilities={})
        self._ask("session.subscribe", events=["log.entryAdded"])
        self._context = self._ask("browsingContext.getTree", maxDepth=0)["contexts"][0]["context"]
        self._ask("browsingContext.setViewport", context=self._context, viewport={"width": WIDTH, "height": HEIGHT})

    @property
    def complaints(self) -> list[str]:
        self.run("() => null")  # to hear of what has happened until now
        told = [*self._complaints]
        self._complaints.clear()
        return told

    def open(self, url: str) -> None:
        self._ask("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def run(self, function: str, *values: Any) -> Any:
        answer = self._ask(
            "script.callFunction",
            functionDeclaration=over_json(function),
            arguments=[{"type": "string", "value": json.dumps(values)}],
            awaitPromise=True,
            target={"context": self._context},
        )
        if answer["type"] == "exception":
            raise RuntimeError(f"{answer['exceptionDetails']['text']} in {function}")
        return from_json(answer["result"]["value"])

    def press(self, place: Place) -> None:
        self._point(pointer_move(place), PRESS)

    def move(self, places: Sequence[Place]) -> None:
        self._point(*map(pointer_move, places))

    def release(self) -> None:
        self._point(RELEASE)

    def saved(self, ending: str) -> bytes | None:
        return saved_in(self._downloads, ending)

    def _point(self, *steps: dict[str, Any]) -> None:
        self._ask("input.performActions", context=self._context, actions=pointer_actions(*steps))

    def _ask(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._socket.recv(timeout=LIMIT))
            if told["type"] == "event":
                self._hear(told["params"])
            elif told["id"] == number:
                if told["type"] == "error":
                    raise RuntimeError(f"{method}: {told['error']}: {told['message']}")
                return told["result"]

    def _hear(self, entry: dict[str, Any]) -> None:
        if entry["level"] in ("warn", "error"):
            self._complaints.append(f"{entry['level']}: {entry['text']}")


@contextmanager
def firefox_window(folder: Path) -> Iterator[FirefoxWindow]:
    """A fresh Firefox with all its files in `folder`; raises RuntimeError where it is missing or does not answer."""
    executable = find_firefox()
    if executable is None:
        raise RuntimeError("No Firefox on this machine: run `python -m harness.equipment`.")
    profile, downloads = folder / "profile", folder / "downloads"
    profile.mkdir()
    downloads.mkdir()
    preferences = {**PREFERENCES, "browser.download.dir": str(downloads)}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items()]
    (profile / "user.js").write_text("".join(lines))
    port, log = free_port(), folder / "firefox.log"
    command = [executable, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", str(port)]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "about:blank"],
            env={**os.environ, "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        with _connected(process, port, log) as socket:
            yield FirefoxWindow(socket, downloads)
    finally:
        process.terminate()
        process.wait()


def _connected(process: subprocess.Popen[bytes], port: int, log: Path) -> ClientConnection:
    deadline = time.monotonic() + LIMIT
    while process.poll() is None and time.monotonic() < deadline:
        try:
            return connect(f"ws://127.0.0.1:{port}/session", max_size=None, proxy=None)
        except (OSError, InvalidHandshake):
            time.sleep(0.05)
    raise RuntimeError(f"Firefox does not answer:\n{log.read_text()}")

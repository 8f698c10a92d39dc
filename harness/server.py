"""A Streamlit server in a process of its own, on a free port, ended by its own process id."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START_LIMIT = 180.0  # seconds; a cold or busy machine takes many times what a quiet one does


@dataclass(frozen=True)
class Server:
    """A running server: address, process id, and the seconds from its start to its first health check."""

    url: str
    process_id: int
    seconds_to_serve: float
    _log: Path

    def said(self) -> str:
        """Everything that the server has written so far."""
        return self._log.read_text()


def free_port() -> int:
    """A TCP port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_server(
    script: Path = ROOT / "app.py",
    *,
    environment: Mapping[str, str] | None = None,
    launcher: tuple[str, ...] = ("-m", "streamlit"),
    arguments: tuple[str, ...] = (),
    descriptors: tuple[int, int] | None = None,
    base: str = "",
) -> Iterator[Server]:
    """`streamlit run script` on a free port of 127.0.0.1, ready to answer; stopped at the end.

    `launcher` is what Python is called with, up to Streamlit's own arguments, `arguments` what follows these,
    `descriptors` the soft and the hard limit of open files, and `base` the sub-path that the app is told to live at
    ("/latent", say). Raises RuntimeError with the server's own words where it ends or does not answer in time.
    """
    port = free_port()
    command = [
        sys.executable,
        *launcher,
        "run",
        str(script),
        "--server.port",
        str(port),
        "--server.headless",
        "true",
        *(("--server.baseUrlPath", base) if base else ()),
        *arguments,
    ]
    if descriptors is not None:
        soft, hard = descriptors
        command = ["sh", "-c", f'ulimit -Sn {soft} && ulimit -Hn {hard} && exec "$@"', "sh", *command]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        started = time.perf_counter()
        with log.open("w") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            url = f"http://127.0.0.1:{port}{base}"
            _wait_until_healthy(process, url, log)
            yield Server(url, process.pid, time.perf_counter() - started, log)
        finally:
            _stop(process)


def _wait_until_healthy(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with code {process.returncode}:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.02)
    raise RuntimeError(f"The server did not answer within {START_LIMIT:.0f} s:\n{log.read_text()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

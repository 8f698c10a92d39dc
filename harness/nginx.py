"""nginx before the app, at a sub-path of another port: its configuration, its process, ended by its own id."""

import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import debian
from harness.server import free_port

START_LIMIT = 60.0  # seconds; a busy machine takes many times what a quiet one does
PLACES = "/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"  # where it lies, on few people's PATH
CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location {path}/ {{
            proxy_pass {target};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_buffering off;
            proxy_read_timeout 1d;
            client_max_body_size 0;
        }}
    }}
}}
"""


def find_nginx() -> str | None:
    """Its executable, or None."""
    return shutil.which("nginx") or shutil.which("nginx", path=PLACES)


def install_nginx() -> str | None:
    """Installs it where that can be done; its executable, or None."""
    debian.install("nginx-light")
    return find_nginx()


@contextmanager
def proxied(target: str, path: str, folder: Path) -> Iterator[str]:
    """The address at which nginx offers `target` below `path` ("/latent", say), with all its files in `folder`.

    A `target` that ends in a slash is asked without `path`, another one with it, as nginx has it. Raises RuntimeError
    with nginx's own words where it does not answer.
    """
    executable = find_nginx()
    if executable is None:
        raise RuntimeError("No nginx on this machine: run `python -m harness.equipment`.")
    port, log = free_port(), folder / "error.log"
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port, path=path, target=target))
    command = [executable, "-e", str(log), "-p", str(folder), "-c", str(configuration)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}{path}"
    try:
        _wait_until_it_answers(process, f"{url}/_stcore/health", log)
        yield url
    finally:
        process.terminate()
        process.wait()


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.02)
    raise RuntimeError(f"nginx does not answer at {url}: {log.read_text() if log.exists() else 'it has no log'}")

"""Debian's packages, for what tests need beside Python: browsers, and a web server to stand before ours."""

import os
import shutil
import subprocess
from functools import cache


def can_install() -> bool:
    """Whether this machine is a Debian, or one of its kind, on which this process may install packages."""
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def install(*packages: str) -> None:
    """Installs packages, and starts no service that comes with them; whoever needs them looks whether they are there.

    It does nothing where `can_install` says no.
    """
    if can_install():
        _update()
        _run("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages)


@cache
def _update() -> None:
    _run("apt-get", "update", "--quiet")


def _run(*command: str) -> None:
    # In run level 1 no service is started: nginx's would take port 80.
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL)

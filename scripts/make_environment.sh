#!/bin/sh
# Makes the Python environment in the folder $1, with uv in it; says what is missing where it cannot.
set -eu

for python in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    if [ -n "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        found=$python
        break
    fi
done
if [ -z "${found:-}" ]; then
    echo "Python 3.11 or newer is needed and none was found. Install it, or name it: make run PYTHON=/path/to/python3" >&2
    exit 1
fi
if ! "$found" -c 'import venv, ensurepip' 2>/dev/null; then
    echo "$found lacks its venv module. On Debian or Ubuntu: sudo apt-get install python3-venv" >&2
    exit 1
fi

echo "== Making the environment $1 with $("$found" --version)"
"$found" -m venv "$1"
"$1/bin/python" -m pip install --quiet --disable-pip-version-check uv

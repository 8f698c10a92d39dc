"""Lets Node run the browser half's own arithmetic, for tests that hold it against somebody else's in Python."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

EXPLORER = Path(__file__).parents[1] / "explorer"


def program(name: str) -> str:
    """Where a program is that the environment may have brought along."""
    found = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert found, f"{name} is needed"
    return found


def bundle(entry: str, folder: Path) -> Path:
    """`explorer/tests/ENTRY.ts` with all that it imports, in one file of `folder` that Node runs."""
    output = folder / f"{entry}.mjs"
    bundler = EXPLORER / "node_modules" / ".bin" / "esbuild"
    options = ["--bundle", "--platform=node", "--format=esm", "--log-level=warning", f"--outfile={output}"]
    subprocess.run([bundler, f"tests/{entry}.ts", *options], cwd=EXPLORER, check=True)
    return output


def answers(entry: str, asked: object, folder: Path) -> Any:
    """What `explorer/tests/ENTRY.ts` answers to a question, both as JSON."""
    question = folder / f"{entry}.json"
    question.write_text(json.dumps(asked))
    done = subprocess.run(
        [program("node"), bundle(entry, folder), question], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)

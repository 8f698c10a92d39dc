"""A reading of data in a process of its own, with how long it takes and how much memory it holds."""

import json
import subprocess
import sys
from pathlib import Path

WATCHED = """
import json, sys, threading, time
{imports}

def held():
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("RssAnon"))) / 1024

before, most, done = held(), 0.0, threading.Event()

def watch():
    global most
    while not done.wait(0.02):
        most = max(most, held())

threading.Thread(target=watch).start()
began = time.perf_counter()
{reading}
seconds = time.perf_counter() - began
done.set()
print(json.dumps({{"seconds": seconds, "images": images, "peak": most - before}}))
"""


def watched(imports: str, reading: str) -> str:
    """A program that reads what its argument names, and leaves the number of `images`; its imports are not counted.

    It prints its `seconds`, and as `peak` the MB that it held at most beyond what it began with, without files' pages.
    """
    return WATCHED.format(imports=imports, reading=reading)


def measured(program: str, source: Path, environment: dict[str, str]) -> dict[str, float]:
    """What a process of its own prints."""
    command = [sys.executable, "-c", program, str(source)]
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(result.stdout)
    return found

"""From dropping a pythae folder on the Models page to its first decoded image: `python -m benchmarks.pythae_folder`.

A folder that pythae itself has saved (its default networks, 28 × 28), as a ZIP, is dropped on the real page in headless
Chromium. The time runs from the drop until the first picture of what the model draws is on the screen: the upload, the
recognition, the checks in a process of their own and the decoding lie in it. Pythae has no page to compare with; what
its own code takes to load the folder and decode one image, in a process of its own, is told beside it.
"""

import argparse
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from pathlib import Path

from playwright.sync_api import Browser

from harness.chromium import launched_chromium
from harness.server import running_server

LIMIT = 90_000  # milliseconds
LOADED = """() => {
  const picture = document.querySelector(".st-key-bringing img");
  return picture !== null && picture.complete && picture.naturalWidth > 0;
}"""
OWN_CODE = """
import sys, warnings
warnings.simplefilter("ignore")
import torch
from pythae.models import AutoModel
model = AutoModel.load_from_folder(sys.argv[1]).eval()
with torch.no_grad():
    model.decoder(torch.zeros(1, 16))
"""


def save_folder(folder: Path) -> None:
    """A VAE of pythae's default networks with 16 latent dimensions, as its own code saves one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pythae.models import VAE, VAEConfig

        VAE(VAEConfig(input_dim=(1, 28, 28), latent_dim=16)).save(str(folder))


def zipped(folder: Path) -> bytes:
    """The folder as people pack it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"my_vae/{path.name}")
    return content.getvalue()


def drop(browser: Browser, url: str, content: bytes) -> float:
    """Seconds from the drop to the first picture."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.goto(f"{url}/models", timeout=LIMIT)
    page.get_by_role("button", name="Bring a model").click(timeout=LIMIT)
    field = page.locator("input[type=file]")
    field.wait_for(state="attached", timeout=LIMIT)
    began = time.perf_counter()
    field.set_input_files({"name": "my_vae.zip", "mimeType": "application/zip", "buffer": content})
    page.wait_for_function(LOADED, timeout=LIMIT, polling="raf")
    seconds = time.perf_counter() - began
    context.close()
    return seconds


def own_code(folder: Path) -> float:
    """Seconds that pythae takes from a fresh process to an image."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", OWN_CODE, str(folder)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Measures and prints the figures as JSON."""
    parser = argparse.ArgumentParser(description="From dropping a pythae folder to its first decoded image.")
    parser.add_argument("--rounds", type=int, default=3, help="drops, the first on a fresh server (default: 3)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder, root = Path(place) / "saved", Path(place) / "checkpoints"
        root.mkdir()
        save_folder(folder)
        content = zipped(folder)
        environment = {"LATENT_EXPLORER_CHECKPOINTS": str(root)}
        ours, theirs = [], []
        with running_server(environment=environment) as server, launched_chromium() as browser:
            for number in range(arguments.rounds):
                ours.append(drop(browser, server.url, content))
                theirs.append(own_code(folder))
                print(f"round {number + 1}: {ours[-1]:.1f} s, pythae {theirs[-1]:.1f} s", file=sys.stderr)
    figures = {"first_drop_s": ours[0], "drop_s": statistics.median(ours), "pythae_s": statistics.median(theirs)}
    told = {name: round(seconds, 2) for name, seconds in figures.items()}
    print(json.dumps({"bytes": len(content), "rounds": arguments.rounds, **told}))


if __name__ == "__main__":
    main()

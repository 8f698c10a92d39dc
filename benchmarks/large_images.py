"""A drag through decoders of 64 and 128 pixels a side, in colour: `python -m benchmarks.large_images`.

Real pointer input at 59.5 Hz in headless Chromium, on the standalone page, on convolutional decoders of the default
width and a made-up map (see `benchmarks.synthetic_map`). Their weights are random: what a decode takes does not depend
on them. For each size:

    images_per_second_64   images that the drag showed
    p50_64_ms, p95_64_ms   from a pointer event to the image it leads to
    mark_fps_64            frames in which the mark under the hand moved: it is to follow however slow the decoder is
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from pathlib import Path

import torch
from playwright.async_api import Browser, async_playwright

from benchmarks.drag import RECORD_EXPLORER, Measured, drag_probe
from benchmarks.paint_timing import ONCE_VISIBLE
from benchmarks.synthetic_map import write_synthetic_map
from harness.chromium import FLAGS, find_chromium
from harness.standalone import EXPLORER, PAGE, serving
from vae_core import load_checkpoint
from vae_core.checkpoint.provenance import DataDescription
from vae_core.checkpoint.weights import save_checkpoint
from vae_core.config import ModelConfig, TrainConfig
from vae_core.model.vae import VAE

SIZES = (64, 128)
POINTS = 10_000
RECORD_MARK = """
window.markMoves = [];
{
  let before = null;
  const look = (now) => {
    const place = document.querySelector(".probe")?.style.transform;
    if (place !== before) markMoves.push(now);
    before = place;
    onceVisible(look);
  };
  onceVisible(look);
}
"""


def write_model(size: int, folder: Path) -> Path:
    """An untrained model of `size` × `size` pixels in colour with a made-up map; returns its explorer files."""
    torch.manual_seed(0)
    model = VAE(ModelConfig(network="conv", image_size=size, channels=3))
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if name.endswith("gain"):
                weights.fill_(0.5)  # at 0, where training begins, a runtime might leave the blocks out
    data = DataDescription(name="synthetic", fingerprint="0" * 64, images=POINTS)
    save_checkpoint(folder, model, TrainConfig(data=data.name), data)
    return write_synthetic_map(load_checkpoint(folder), POINTS, folder / "explorer")


async def measure_drag(browser: Browser, url: str, seconds: float, into: Measured) -> float:
    """One drag on a fresh page; frames a second in which the mark moved."""
    context = await browser.new_context(viewport={"width": 1400, "height": 900})
    try:
        page = await context.new_page()
        await page.add_init_script(ONCE_VISIBLE + "window.decodes = true;" + RECORD_EXPLORER + RECORD_MARK)
        session = await context.new_cdp_session(page)
        await page.goto(url + PAGE)
        latencies, rate = await drag_probe(page, session, seconds)
        into.latencies += latencies
        into.images_per_second.append(rate)
        moves: list[float] = await page.evaluate("markMoves")
        return sum(moves[-1] - move < 1000 * seconds for move in moves) / seconds
    finally:
        await context.close()


async def measure_size(url: str, size: int, rounds: int, seconds: float) -> dict[str, float]:
    """All figures of one size, over all rounds together."""
    measured, marks = Measured(), []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        for _ in range(rounds):
            marks.append(await measure_drag(browser, url, seconds, measured))
        await browser.close()
    return {
        f"images_per_second_{size}": round(statistics.median(measured.images_per_second), 1),
        f"p50_{size}_ms": measured.percentile(50),
        f"p95_{size}_ms": measured.percentile(95),
        f"mark_fps_{size}": round(statistics.median(marks), 1),
    }


def main() -> None:
    """Measures and prints the figures as JSON."""
    parser = argparse.ArgumentParser(description="A drag through decoders of 64 and 128 pixels a side, in colour.")
    parser.add_argument("--rounds", type=int, default=3, help="drags of each size (default: 3)")
    parser.add_argument("--seconds", type=float, default=6.0, help="seconds of each drag (default: 6)")
    parser.add_argument("--explorer", type=Path, default=EXPLORER, help="folder of the browser half (default: ours)")
    arguments = parser.parse_args()
    figures: dict[str, float] = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            model = write_model(size, Path(folder))
            with serving(model, arguments.explorer) as url:
                found = asyncio.run(measure_size(url, size, arguments.rounds, arguments.seconds))
        print(json.dumps(found), file=sys.stderr)
        figures |= found
    print(json.dumps({"points": POINTS, "rounds": arguments.rounds, **figures}))


if __name__ == "__main__":
    main()

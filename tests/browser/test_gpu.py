"""Large decoders on a graphics processor; here on one of software that Chromium brings."""

import re
from pathlib import Path

import torch
from playwright.sync_api import Browser, Route

from harness.standalone import serving
from serving.public_files import assets
from tests.browser.asked_engine import DECODE, START, random_model, source, worst
from tests.browser.model import ExplorableModel
from tests.browser.standalone import CLOSE, HURRIED_CLOCK, explorer_page
from vae_core.explorer_files.graphs import decoder_graph

MODELS = [
    ("mlp", "diagonal", "gaussian", 28, 1, 16),
    ("conv", "diagonal", "gaussian", 64, 3, 16),
    ("conv", "full", "bernoulli", 20, 1, 3),
]
LIMIT = 120_000  # milliseconds: there are 27 MB to be compiled
# Passes the software's processor off as a real one.
REAL = "Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false });"
# The worker that computes itself answers late; the one that has the graphics processor compute does not.
LATE = """
if (self.name === "decoder") {
  const answer = self.postMessage.bind(self);
  self.postMessage = (message) => setTimeout(answer, 1000, message);
}
"""


@torch.inference_mode()
def test_a_graphics_processor_decodes_as_torch_does(chromium: Browser, tmp_path: Path) -> None:
    (tmp_path / "empty.html").write_text("<!doctype html><link rel=icon href=data:,>")
    page = chromium.new_page()
    with serving(tmp_path) as url:
        page.goto(f"{url}/model/empty.html")
        page.evaluate(f"([script]) => ({START})(script, 'worker')", [f"{url}/explorer/dist/{assets()['worker']}"])
        for case in MODELS:
            model = random_model(case)
            *_, size, channels, dimension = case
            (tmp_path / "decoder").write_bytes(decoder_graph(model))
            files = source(url, f"decoder?{size}", "", dimension, (channels, size, size), gpu=True)
            latents = torch.randn(2, dimension, generator=torch.Generator().manual_seed(1))
            image = page.evaluate(f"([files, z]) => ({DECODE})(files, z)", [files, latents.flatten().tolist()])
            assert worst(image, model.decode(latents)) < CLOSE, case
    page.close()


def test_a_worker_that_is_too_slow_gives_way_to_a_graphics_processor(
    chromium: Browser, address: str, model: ExplorableModel
) -> None:
    with explorer_page(chromium, address, model, wait=False) as explorer:
        page = explorer.page
        page.add_init_script(REAL + HURRIED_CLOCK)
        page.route(re.compile(r"/worker\."), with_late_answers)
        with page.expect_console_message(lambda message: "decodes from now on" in message.text, timeout=LIMIT):
            page.reload()
        page.wait_for_selector("[data-ready=true]")
        x, y = explorer.probe()
        explorer.drag((x, y), (x + 60, y + 40))
        latent = explorer.settled()["latent"]
        page.wait_for_function("latent => answers.at(-1).latent.every((value, at) => value === latent[at])", arg=latent)
        assert (explorer.pixels() - model.decode(latent)).abs().max() < CLOSE


def with_late_answers(route: Route) -> None:
    script = route.fetch()
    route.fulfill(response=script, body=LATE + script.text())

"""The live view of a run in training on a page of its own, without a server that trains."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page

NAMES = ["zero", "one", "two"]
EPOCHS = 12
RUN = {
    "name": "mine",
    "state": "training",
    "actions": ["pause"],
    "change": "12",
    "words": "training · epoch 12 of 40 · 3 min left",
    "progress": 0.3,
}
PAGE = """
<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width" />
  <title>Training</title>
  <link rel="icon" href="data:," />
  <style>
    body { margin: 24px; background: Canvas; color-scheme: light dark; }
  </style>
  <main id="explorer"></main>
  <script type="module">
    const assets = await (await fetch("/explorer/dist/assets.json")).json();
    const { mount } = await import("/explorer/dist/" + assets.runs);
    const run = RUN_NOW;
    for (const part of ["progress", "learned"]) {
      const place = document.createElement("div");
      document.querySelector("main").append(place);
      mount(place, { part, run, runsUrl: "/runs/" });
    }
  </script>
</html>
"""


def learned(names: list[str], dimensions: int) -> dict[str, Any]:
    """What a run has learned after some epochs, as the server tells it."""
    rng = np.random.default_rng(1)
    fall = np.exp(-np.arange(EPOCHS) / 4)
    labels = [index % len(names) for index in range(240)]
    return {
        "epochs": list(range(1, EPOCHS + 1)),
        "training": (-100 - 100 * fall).tolist(),
        "validation": (-104 - 98 * fall).tolist(),
        "log_likelihood": (-80 - 100 * fall).tolist(),
        "kl": (20 - 10 * fall).tolist(),
        "kl_per_dimension": [3.0, 1.5, 0.7, 0.01][:dimensions],
        "map": {"positions": rng.normal(size=(len(labels), 2)).tolist(), "labels": labels},
        "class_names": names,
        "remark": "The posterior has collapsed in 1 latent dimension of 4.",
        "pictured": False,
    }


@contextmanager
def training_page(
    browser: Browser,
    address: str,
    picture: bytes | None = None,
    /,
    *,
    names: list[str] = NAMES,
    dimensions: int = 4,
    **context: Any,
) -> Iterator[Page]:
    """The progress and the live view of one run, drawn; the explorer's files come from the address.

    `picture` is the PNG of what it makes of images, where there is one.
    """
    opened = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **context})
    page = opened.new_page()
    answers: dict[str, Any] = {
        "now": [RUN],
        "mine/learned": learned(names, dimensions) | {"pictured": picture is not None},
    }
    html = PAGE.replace("RUN_NOW", json.dumps(RUN))
    page.route("**/training.html", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.route("**/runs/**", lambda route: route.fulfill(json=answers[route.request.url.split("/runs/")[1]]))
    page.route("**/picture?*", lambda route: route.fulfill(body=picture, content_type="image/png"))
    try:
        page.goto(f"{address}/training.html")
        page.get_by_role("img", name="Map of").wait_for()
        yield page
    finally:
        opened.close()

"""What people who cannot use a pointer or see well need of a page."""

from typing import Any

import pytest
from playwright.sync_api import Page

from harness.server import ROOT

# Whatever a person has set their system to.
LOOKS = [
    pytest.param({"color_scheme": "light"}, id="light"),
    pytest.param({"color_scheme": "dark"}, id="dark"),
    pytest.param({"forced_colors": "active", "color_scheme": "light"}, id="forced-light"),
    pytest.param({"forced_colors": "active", "color_scheme": "dark"}, id="forced-dark"),
]
AXE = ROOT / "explorer" / "node_modules" / "axe-core" / "axe.min.js"


def barriers(page: Page) -> list[str]:
    """What axe finds on the page as it is, be it ever so slight."""
    page.evaluate(AXE.read_text())
    result: dict[str, list[dict[str, Any]]] = page.evaluate("axe.run('#explorer', { resultTypes: ['violations'] })")
    assert "color-contrast" in {rule["id"] for rule in result["passes"]}  # it has looked
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def tab_to(page: Page, name: str, *, back: bool = False) -> None:
    """Presses Tab until the control with this name has the focus, however it got the name."""
    seen = []
    for _ in range(90):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        seen.append(
            page.evaluate(
                """() => {
                    const { activeElement: at } = document;
                    const label = at.labels?.[0]?.firstElementChild.textContent;
                    return at.getAttribute("aria-label") ?? label ?? at.textContent.trim();
                }"""
            )
        )
        if seen[-1].startswith(name):
            return
    raise AssertionError(f"no way to {name} by Tab: {seen}")

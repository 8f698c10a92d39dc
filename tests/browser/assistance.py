"""What people who cannot use a pointer or see well need of a page."""

import re
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


def luminance(colour: str) -> float:
    """Relative luminance of `rgb(…)`, by WCAG 2.2."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)

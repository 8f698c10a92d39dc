"""A private window whose storage may not be touched: all works, and pins live as long as the page."""

from playwright.sync_api import Browser, expect

from tests.browser.model import ExplorableModel
from tests.browser.standalone import ExplorerPage, explorer_page

FORBIDDEN = """
const refuse = () => {
  throw new DOMException("The operation is insecure.", "SecurityError");
};
for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"]) {
  Object.defineProperty(window, name, { get: refuse });
}
"""


def show_page(explorer: ExplorerPage, name: str) -> None:
    """What a change of the page does in Streamlit, which keeps the browser half and its modules."""
    explorer.page.evaluate("name => explorer.update({ ...explorerOptions, page: name })", name)
    explorer.page.locator("[data-ready=true]").wait_for()


def test_pins_live_in_the_page_and_go_with_it_from_explore_to_interpolate_and_back(
    chromium: Browser, address: str, model: ExplorableModel
) -> None:
    with explorer_page(chromium, address, model, wait=False) as explorer:
        page = explorer.page
        page.add_init_script(FORBIDDEN)
        page.reload()
        page.wait_for_selector("[data-ready=true]")
        page.wait_for_load_state("networkidle")
        x, y = explorer.centre()
        before = len(explorer.answers())
        explorer.drag(explorer.probe(), (x + 60, y + 30))
        latent = explorer.wait_for_answer(before)["latent"]
        explorer.button("Pin").first.click()
        expect(page.get_by_text("This browser keeps nothing: the tray ends with the page.")).to_be_visible()
        assert explorer.shows(page.locator(".pins canvas").first, latent)

        show_page(explorer, "interpolate")
        page.get_by_role("button", name="Pin frame").click()
        expect(page.get_by_text("it ends with the page")).to_be_visible()
        page.locator("details.adding summary").click()
        page.get_by_role("tab", name="Tray", exact=True).click()
        pinned = page.get_by_role("tabpanel", name="Tray").locator("canvas")
        expect(pinned).to_have_count(2)
        assert explorer.shows(pinned.first, latent)

        show_page(explorer, "explore")
        expect(page.locator(".pins li")).to_have_count(2)
        assert explorer.complaints == []

"""The charts of a run in training: what stands along their axes."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.training_view import training_page

RECORD = """() => {
    window.drawn = [];
    const draw = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
        drawn.push(text);
        return draw.call(this, text, ...place);
    };
}"""


@pytest.mark.parametrize("dimensions", [1, 2, 4])
def test_only_dimensions_that_there_are_stand_on_the_axis(chromium: Browser, address: str, dimensions: int) -> None:
    with training_page(chromium, address, dimensions=dimensions) as page:
        page.evaluate(RECORD)
        page.set_viewport_size({"width": 1000, "height": 860})
        page.wait_for_function("drawn.some((text) => text.startsWith('z'))")
        named = {text for text in page.evaluate("drawn") if text.startswith("z")}
        assert named == {f"z{dimension}" for dimension in range(1, dimensions + 1)}
        title = "The latent space" if dimensions <= 2 else "The latents' two main directions"
        expect(page.get_by_text(title, exact=True)).to_be_visible()


def test_numbers_below_zero_have_a_minus_sign_on_the_axis_and_under_the_curves(chromium: Browser, address: str) -> None:
    with training_page(chromium, address) as page:
        page.evaluate(RECORD)
        page.set_viewport_size({"width": 1000, "height": 860})
        page.wait_for_function("drawn.some((text) => text.startsWith('−'))")
        assert not [text for text in page.evaluate("drawn") if text.startswith("-")]
        assert all("-" not in text for text in page.locator(".u-value").all_inner_texts())


def test_many_classes_are_seen_to_go_on_and_long_names_are_cut_with_an_ellipsis(
    chromium: Browser, address: str
) -> None:
    names = [f"class {label} of a name that is longer than anybody reads" for label in range(60)]
    with training_page(chromium, address, names=names) as page:
        box = page.locator(".legend")
        assert box.evaluate(
            "at => at.scrollHeight > at.clientHeight && getComputedStyle(at).maskImage.includes('gradient')"
        )
        first = box.locator(".name").first
        expect(first).to_have_attribute("title", names[0])
        assert (
            first.evaluate("at => at.scrollWidth > at.clientWidth && getComputedStyle(at).textOverflow") == "ellipsis"
        )

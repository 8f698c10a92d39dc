"""A small explorable model, its server and a page with the explorer on it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from harness.standalone import serving
from tests.browser.interpolation import PathPage, path_page
from tests.browser.model import ExplorableModel, make_model
from tests.browser.standalone import ExplorerPage, explorer_page


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> ExplorableModel:
    """A model of the embedded digits, with its explorer files."""
    return make_model(tmp_path_factory.mktemp("checkpoints") / "digits")


@pytest.fixture(scope="session")
def address(model: ExplorableModel) -> Iterator[str]:
    """Where the standalone page and the model's files are served."""
    with serving(model.folder) as url:
        yield url


@pytest.fixture
def explorer(chromium: Browser, address: str, model: ExplorableModel) -> Iterator[ExplorerPage]:
    """The explorer, open and complete; its console must stay clean."""
    with explorer_page(chromium, address, model) as page:
        yield page
        assert page.complaints == []


@pytest.fixture
def phone(chromium: Browser, address: str, model: ExplorableModel) -> Iterator[ExplorerPage]:
    screen = {"width": 400, "height": 850}
    with explorer_page(chromium, address, model, viewport=screen, has_touch=True, device_scale_factor=2) as page:
        yield page
        assert page.complaints == []


@pytest.fixture(scope="module")
def opened_paths(chromium: Browser, address: str, model: ExplorableModel) -> Iterator[PathPage]:
    """The page of paths, which may write to the clipboard."""
    with path_page(chromium, address, model, permissions=["clipboard-read", "clipboard-write"]) as page:
        yield page


@pytest.fixture
def paths(opened_paths: PathPage) -> Iterator[PathPage]:
    """The page of paths as it opens; its console must stay clean."""
    opened_paths.complaints.clear()
    opened_paths.reset()
    yield opened_paths
    assert opened_paths.complaints == []

"""Pictures of one's own on the Train page: what is said of those that an address asks for."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.train_pages import PAGE, written


def open_at(**query: str) -> AppTest:
    app = AppTest.from_file(str(PAGE), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


@pytest.mark.usefixtures("checkpoints")
@pytest.mark.parametrize("query", [{}, {"data": "Your own"}])
def test_pictures_of_the_address_that_are_not_kept_are_told_of(query: dict[str, str]) -> None:
    app = open_at(pictures="my *cats*.zip", **query)
    assert not app.exception
    assert "`my *cats*.zip` is no longer kept here" in written(app)
    app.run()
    assert "is no longer kept here" in written(app)

"""What the models that come with the project say of themselves."""

import json

import pytest

from tests.shipped_models import MODELS, SHIPPED
from vae_core.checkpoint.layout import CARD_FILE, METRICS_FILE, read_checkpoint


@pytest.mark.parametrize("name", SHIPPED)
def test_its_figures_are_of_the_data_that_it_names(name: str) -> None:
    figures = json.loads((MODELS / name / METRICS_FILE).read_text())
    assert (figures["data"], figures["split"]) == (read_checkpoint(MODELS / name).training.data, "test")
    measured_on = f"On the {figures['images']:,} images of the test split of `{figures['data']}`"
    assert measured_on in (MODELS / name / CARD_FILE).read_text()


def test_all_of_them_are_known_here() -> None:
    assert sorted(path.parent.name for path in MODELS.glob("*/config.json")) == SHIPPED

"""What the pixels of networks from elsewhere mean: as their numbers look, as files say, as a person says over both."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from onnx import helper

from tests.made_models import LATENT, SIDE, decoder_nodes, linear_images, weights, write_decoder, write_graph
from tests.test_imports_weights import model_of
from vae_core.imports.description import Description, Found
from vae_core.imports.recognition import examine

Z = torch.randn(5, LATENT, generator=torch.Generator().manual_seed(7))
X = torch.rand(4, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(8))
IMAGES = 1 / (1 + np.exp(-linear_images(Z.numpy())))  # as people see them
TIMES = {"bytes": 255.0, "unit": 1.0}


def pair(folder: Path, pixels: str = "bytes") -> Path:
    """A decoder of images up to 255, and an encoder of the like."""
    times = np.array(TIMES[pixels], np.float32)
    arrays = {key: weights()[key] for key in ("W", "b")} | {"times": times}
    nodes = [*decoder_nodes(), helper.make_node("Mul", ["y", "times"], ["pixels"])]
    write_graph(folder / "decoder.onnx", nodes, {"z": ["n", LATENT]}, {"pixels": ["n", SIDE * SIDE]}, arrays)
    inner = [
        helper.make_node("Flatten", ["x"], ["f"]),
        helper.make_node("Div", ["f", "times"], ["seen"]),
        helper.make_node("MatMul", ["seen", "M"], ["mu"]),
    ]
    stored = {"M": weights()["M"], "times": times}
    write_graph(folder / "encoder.onnx", inner, {"x": ["n", 1, SIDE, SIDE]}, {"mu": ["n", LATENT]}, stored)
    return folder


def check(found: Found, work: Path) -> None:
    """That images and encodings are the original's."""
    model = model_of(found, work)
    np.testing.assert_allclose(model.decode(Z).numpy(), IMAGES, atol=1e-5)
    expected: NDArray[np.float32] = X.flatten(1).numpy() @ weights()["M"]
    np.testing.assert_allclose(model.posterior(X).mean.numpy(), expected, atol=1e-4)


def test_numbers_up_to_255_are_guessed_and_asked(tmp_path: Path) -> None:
    found = examine(pair(tmp_path / "theirs"), Description(), tmp_path / "work")
    (question,) = found.questions
    assert (question.field, question.guess) == ("pixels", "bytes")
    assert [option.value for option in question.options] == ["unit", "signed", "bytes", "logits"]
    check(found, tmp_path / "work")
    for option in question.options:
        assert (tmp_path / "work" / "answers" / f"pixels {option.value}" / "encoder.onnx").exists()


@pytest.mark.parametrize("said", [Description(pixels="bytes"), Description(scale=(255.0,))])
def test_a_word_for_it_means_what_its_scale_means(said: Description, tmp_path: Path) -> None:
    found = examine(pair(tmp_path / "theirs"), said, tmp_path / "work")
    assert found.questions == ()
    check(found, tmp_path / "work")


def test_what_a_person_says_of_the_pixels_holds_over_the_files_scale(tmp_path: Path) -> None:
    source = pair(tmp_path / "theirs", "unit")
    (source / "model.json").write_text('{"scale": 255}')
    check(examine(source, Description(pixels="unit"), tmp_path / "work"), tmp_path / "work")
    both = Description(pixels="logits").over(Description(scale=(2.0,), shift=(-1.0,)))
    assert (both.scale, both.shift) == ((2.0,), (-1.0,)), "which are still how the encoder sees its images"


def test_logits_are_not_taken_for_bytes(tmp_path: Path) -> None:
    found = examine(write_decoder(tmp_path / "theirs", "Identity"), Description(), tmp_path / "work")
    assert found.questions[0].guess == "logits"

"""Which of an encoder's outputs are the mean and the variance, whatever they are called and however they lie."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import helper

from tests.made_models import LATENT, SIDE, weights, write_decoder, write_graph
from tests.test_imports_weights import model_of
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.cli.command_line import main
from vae_core.errors import ImportingError
from vae_core.imports.description import Description, Found
from vae_core.imports.recognition import examine

MEAN, OTHER = ("MatMul", ["f", "M"]), ("MatMul", ["f", "V"])
X = torch.rand(3, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(2))


def pair(
    folder: Path,
    nodes: Sequence[onnx.NodeProto],
    outputs: dict[str, Any],
    arrays: dict[str, Any] | None = None,
) -> Path:
    """A decoder beside an encoder of a flat image `f` and the weights M and V."""
    source = write_decoder(folder / "pair")
    stored = {key: weights()[key] for key in "MV"} | (arrays or {})
    flat = helper.make_node("Flatten", ["x"], ["f"])
    write_graph(source / "encoder.onnx", [flat, *nodes], {"x": ["n", 1, SIDE, SIDE]}, outputs, stored)
    return source


def ends_of(*names: str) -> dict[str, Any]:
    """Outputs as large as a latent."""
    return {name: ["n", LATENT] for name in names}


def heads(*names: str) -> list[onnx.NodeProto]:
    """The mean under the first name, and the other under the second."""
    return [
        helper.make_node(operator, inputs, [name])
        for (operator, inputs), name in zip((MEAN, OTHER), names, strict=True)
    ]


def told(source: Path, work: Path, said: Description | None = None) -> tuple[Found, Any, Any]:
    """What was found, and the mean and the log variance of X."""
    found = examine(source, said or Description(), work)
    posterior = model_of(found, work).posterior(X)
    return found, posterior.mean.numpy(), posterior.log_variance.numpy()


def raw() -> tuple[Any, Any]:
    """What the heads give for X."""
    flat = X.flatten(1).numpy()
    return flat @ weights()["M"], flat @ weights()["V"]


@pytest.mark.parametrize("draws", [True, False], ids=["with noise", "in evaluation mode"])
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (1, 0, 2)])
def test_a_draw_without_a_name_is_not_the_mean(tmp_path: Path, draws: bool, order: tuple[int, ...]) -> None:
    nodes = heads("linear_1", "linear_2")
    if draws:
        nodes += [
            helper.make_node("RandomNormalLike", ["linear_2"], ["noise"]),
            helper.make_node("Exp", ["linear_2"], ["e"]),
            helper.make_node("Mul", ["e", "noise"], ["moved"]),
        ]
    else:
        nodes.append(helper.make_node("Sub", ["linear_2", "linear_2"], ["moved"]))
    nodes.append(helper.make_node("Add", ["linear_1", "moved"], ["add"]))
    names = ["add", "linear_1", "linear_2"]
    source = pair(tmp_path, nodes, ends_of(*(names[place] for place in order)))
    found, mean, log_variance = told(source, tmp_path / "work")
    assert found.questions == ()
    np.testing.assert_allclose(mean, raw()[0], atol=1e-5)
    np.testing.assert_allclose(log_variance, raw()[1], atol=1e-5)


def three(folder: Path) -> Path:
    """A third output as large as a latent, of which nothing says what it is."""
    third = helper.make_node("Sin", ["linear_2"], ["sin"])
    return pair(folder, [*heads("linear_1", "linear_2"), third], ends_of("sin", "linear_1", "linear_2"))


def test_which_of_three_is_asked(tmp_path: Path) -> None:
    source = three(tmp_path)
    found, _, _ = told(source, tmp_path / "work")
    assert [question.field for question in found.questions] == ["outputs", "second"]
    assert [option.value for option in found.questions[0].options] == ["1,2", "1,3", "2,1", "2,3", "3,1", "3,2"]
    assert found.questions[0].options[3].words == "'linear_1' is the mean, 'linear_2' the other"
    for option in found.questions[0].options:
        assert (tmp_path / "work" / "answers" / f"outputs {option.value}" / "encoder.onnx").exists()
    answer = Description.parse({"outputs": "2,3"})
    found, mean, log_variance = told(source, tmp_path / "again", answer)
    assert found.questions == ()
    np.testing.assert_allclose(mean, raw()[0], atol=1e-5)
    np.testing.assert_allclose(log_variance, raw()[1], atol=1e-5)


def test_the_command_says_how_to_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, output = three(tmp_path), tmp_path / "mine"
    assert main(["import", str(source), "--output", str(output)]) == 2
    assert "--outputs 2,3: 'linear_1' is the mean, 'linear_2' the other;" in capsys.readouterr().err
    answers = ["--outputs", "2,3", "--second", "log-standard-deviation"]
    assert main(["import", str(source), "--output", str(output), *answers]) == 0
    np.testing.assert_allclose(load_checkpoint(output).model.posterior(X).log_variance, 2 * raw()[1], atol=1e-5)


@pytest.mark.parametrize("places", [(1, 4), (2, 2)])
def test_outputs_that_are_not_there(tmp_path: Path, places: tuple[int, ...]) -> None:
    sentence = r"encoder\.onnx: outputs \d, \d: two .* are needed, of 1 \('sin'\), 2 \('linear_1'\), 3 \('linear_2'\)\."
    with pytest.raises(ImportingError, match=sentence):
        examine(three(tmp_path), Description(outputs=places), tmp_path / "work")


def test_names_make_the_question_smaller(tmp_path: Path) -> None:
    third = helper.make_node("Sin", ["b"], ["sin"])
    ends = ends_of("sin", "z_mean", "b")
    found, mean, _ = told(pair(tmp_path, [*heads("z_mean", "b"), third], ends), tmp_path / "work")
    assert [option.value for option in found.questions[0].options] == ["2,1", "2,3"]
    np.testing.assert_allclose(mean, raw()[0], atol=1e-5)


def test_more_than_anybody_would_be_asked_of(tmp_path: Path) -> None:
    more = [helper.make_node(operator, ["b"], [operator]) for operator in ("Sin", "Cos", "Tanh", "Neg")]
    ends = ends_of("a", "b", "Sin", "Cos", "Tanh", "Neg")
    with pytest.raises(ImportingError, match=r"gives 6 outputs as large as a latent .* name two of them mean"):
        examine(pair(tmp_path, [*heads("a", "b"), *more], ends), Description(), tmp_path / "work")


@pytest.mark.parametrize(
    ("name", "factor"),
    [("log_std", 2), ("logsigma", 2), ("log_scale", 2), ("z_log_sigma", 2), ("log_sigma2", 1), ("log_var", 1)],
)
def test_a_logarithm_is_of_what_its_name_says(name: str, factor: int, tmp_path: Path) -> None:
    ends = ends_of("mu", name)
    found, _, log_variance = told(pair(tmp_path, heads("mu", name), ends), tmp_path / "work")
    assert found.questions == ()
    np.testing.assert_allclose(log_variance, factor * raw()[1], atol=1e-4)


def test_what_lies_beside_the_mean_may_be_no_spread_at_all(tmp_path: Path) -> None:
    source = pair(tmp_path, heads("mu", "b"), ends_of("mu", "b"))
    found, mean, log_variance = told(source, tmp_path / "work", Description(second="none"))
    assert (found.encoder, found.questions) == ("mean", ())
    np.testing.assert_allclose(mean, raw()[0], atol=1e-5)
    np.testing.assert_allclose(log_variance, np.log(1e-4), atol=1e-5)


@pytest.mark.parametrize(("name", "factor"), [("sigma", 2), ("scale", 2), ("sigma_sq", 1)])
def test_what_its_name_says_unless_it_is_negative(name: str, factor: int, tmp_path: Path) -> None:
    positive = [*heads("mu", "b"), helper.make_node("Exp", ["b"], [name])]
    ends = ends_of("mu", name)
    found, _, log_variance = told(pair(tmp_path / "1", positive, ends), tmp_path / "work 1")
    assert found.questions == ()
    np.testing.assert_allclose(log_variance, factor * raw()[1], atol=1e-4)
    source = pair(tmp_path / "2", heads("mu", name), ends)
    found, _, log_variance = told(source, tmp_path / "work 2")
    (question,) = found.questions
    assert (question.field, question.guess) == ("second", "log-standard-deviation" if factor == 2 else "log-variance")
    np.testing.assert_allclose(log_variance, factor * raw()[1], atol=1e-4)
    _, _, log_variance = told(source, tmp_path / "work 3", Description(second="log-variance"))
    np.testing.assert_allclose(log_variance, raw()[1], atol=1e-4)


@pytest.mark.parametrize(("latent", "moments"), [((2, 2, 4), (2, 2, 8)), ((4, 2, 2), (8, 2, 2)), ((5,), (5, 2))])
def test_both_in_one_are_parted_where_it_is_twice_as_long(
    tmp_path: Path, latent: tuple[int, ...], moments: tuple[int, ...]
) -> None:
    numbers, source = int(np.prod(latent)), tmp_path / "pair"
    given = weights(latent=numbers)
    inside = [
        helper.make_node("Reshape", ["z", "flat"], ["v"]),
        helper.make_node("Gemm", ["v", "W", "b"], ["h"]),
        helper.make_node("Sigmoid", ["h"], ["y"]),
    ]
    arrays = {"flat": np.array([0, numbers]), "W": given["W"], "b": given["b"]}
    write_graph(source / "decoder.onnx", inside, {"z": ["n", *latent]}, {"y": ["n", SIDE * SIDE]}, arrays)
    both = np.concatenate([given["M"], given["V"]], axis=1)
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"]),
        helper.make_node("MatMul", ["f", "both"], ["h"]),
        helper.make_node("Reshape", ["h", "shape"], ["moments"]),
    ]
    ends: dict[str, Any] = {"moments": ["n", *moments]}
    stored = {"both": both, "shape": np.array([0, *moments])}
    write_graph(source / "encoder.onnx", nodes, {"x": ["n", 1, SIDE, SIDE]}, ends, stored)
    found, mean, log_variance = told(source, tmp_path / "work")
    assert found.latent_shape == latent
    axis = 1 + next(place for place, size in enumerate(moments) if place >= len(latent) or size != latent[place])
    halves = np.split((X.flatten(1).numpy() @ both).reshape(3, *moments), 2, axis)
    np.testing.assert_allclose(mean, halves[0].reshape(3, -1), atol=1e-5)
    np.testing.assert_allclose(log_variance, halves[1].reshape(3, -1), atol=1e-5)


def test_two_of_a_latents_size_come_before_one_twice_as_large(tmp_path: Path) -> None:
    hidden = helper.make_node("Concat", ["n2", "n1"], ["hidden"], axis=1)
    ends = {"hidden": ["n", 2 * LATENT]} | ends_of("n1", "n2")
    _, mean, log_variance = told(pair(tmp_path, [*heads("n1", "n2"), hidden], ends), tmp_path / "work")
    np.testing.assert_allclose(mean, raw()[0], atol=1e-5)
    np.testing.assert_allclose(log_variance, raw()[1], atol=1e-5)

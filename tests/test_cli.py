"""The command line: results as JSON on stdout, one line and exit code 2 for a mistake."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vae_core.augmentation import suggested
from vae_core.cli.arguments import given_options
from vae_core.cli.command_line import build_parser, main
from vae_core.projection.umap_settings import UmapSettings

SMALL = ["--model", "mlp", "--hidden-units", "8", "--latent-dim", "2", "--epochs", "1"]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any, str]:
    """Exit code, JSON from stdout (None if empty), and what stderr says."""
    try:
        code = main(words)
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if captured.out else None, captured.err


def test_train_evaluate_project_export_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "checkpoints/first")
    code, trained, told = run(
        capsys, "train", "--data", "digits", *SMALL, "--variance", "0.5", "--output", folder, "--json"
    )
    assert (code, trained["outcome"], trained["epochs"]) == (0, "finished", 1)
    assert "epoch 1: ELBO" in told

    code, figures, _ = run(capsys, "evaluate", folder, "--data", "digits", "--samples", "20", "--json")
    assert code == 0
    assert figures["elbo"] == pytest.approx(figures["log_likelihood"] - figures["kl"])
    assert -figures["negative_log_likelihood"] > figures["elbo"]
    assert (figures["images"], figures["split"]) == (359, "test")
    assert json.loads((Path(folder) / "metrics.json").read_text()) == figures
    assert "| ELBO |" in (Path(folder) / "README.md").read_text()

    code, drawn, _ = run(capsys, "project", folder, "--data", "digits", "--points", "300", "--json")
    assert (code, drawn["method"], drawn["count"], drawn["sampled"]) == (0, "axes", 300, True)

    code, drawn, _ = run(capsys, "project", folder, "--data", "digits", "--points", "60", "--axes", "2", "1", "--json")
    assert (code, drawn["axes"]) == (0, [1, 0]), "people count from z1, the map from 0"
    code, _, told = run(capsys, "project", folder, "--data", "digits", "--points", "60", "--axes", "0", "1")
    assert code == 2
    assert "z0 and z1 are no axes of a map of z1 to z2: name 2 different numbers from 1 to 2." in told

    words = ["--neighbours", "8", "--min-dist", "0.3", "--spread", "2", "--points", "60"]
    code, drawn, told = run(capsys, "project", folder, "--data", "digits", *words, "--json")
    assert (code, drawn["method"], drawn["count"]) == (0, "umap", 60)
    assert drawn["settings"] == {
        "neighbours": 8,
        "min_dist": 0.3,
        "spread": 2.0,
        "metric": "euclidean",
        "densmap": False,
        "target": None,
    }
    assert "Laying out the map …" in told

    for form, expected in (("onnx", "decoder.onnx"), ("explorer", "manifest.json")):
        code, written, _ = run(capsys, "export", folder, "--format", form, "--output", str(tmp_path / form), "--json")
        assert code == 0
        assert expected in {Path(path).name for path in written["files"]}
        assert all(Path(path).is_file() for path in written["files"])

    code, listed, _ = run(capsys, "list", str(tmp_path / "checkpoints"), "--json")
    assert code == 0
    assert [row["name"] for row in listed["checkpoints"]] == ["first"]
    assert listed["checkpoints"][0]["metrics"]["elbo"] == figures["elbo"]


def test_every_knob_of_umap_is_an_option() -> None:
    asked = {"neighbours": "30", "min_dist": "0.2", "spread": "3", "metric": "cosine", "target": "class"}
    words = [word for name, value in asked.items() for word in ("--" + name.replace("_", "-"), value)]
    options = build_parser().parse_args(["project", "DIR", "--data", "digits", *words, "--densmap"])
    assert given_options(options, "umap") == {**asked, "densmap": True}
    assert UmapSettings.parse(given_options(options, "umap")).neighbours == 30
    assert given_options(build_parser().parse_args(["project", "DIR", "--data", "digits"]), "umap") == {}


def test_a_config_file_is_read_and_options_override_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = {"model": {"network": "linear", "latent_dim": 3}, "training": {"data": "digits", "epochs": 9}}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    words = [
        "train",
        "--config",
        str(tmp_path / "config.json"),
        "--epochs",
        "1",
        "--output",
        str(tmp_path / "run"),
    ]
    assert run(capsys, *words, "--json")[1]["epochs"] == 1
    saved = json.loads((tmp_path / "run/config.json").read_text())
    assert (saved["model"]["network"], saved["model"]["latent_dim"], saved["training"]["epochs"]) == (
        "linear",
        3,
        1,
    )


@pytest.mark.parametrize("content", [[], 5, {"model": 5}, {"training": None}, {"network": "mlp"}])
def test_a_config_file_that_holds_something_else_is_named(
    content: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.json").write_text(json.dumps(content))
    output = str(tmp_path / "run")
    code, _, told = run(capsys, "train", "--config", str(tmp_path / "settings.json"), "--output", output)
    assert code == 2
    assert 'settings.json: expected an object with the objects "model" and "training".' in told


def test_a_variance_stays_where_the_likelihood_has_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = {"model": {"likelihood": "gaussian", "variance": 0.05}, "training": {"data": "digits"}}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    words = ["--config", str(tmp_path / "config.json"), "--epochs", "1", "--model", "linear", "--json"]
    for likelihood, variance in (("laplace", 0.05), ("bernoulli", None)):
        output = tmp_path / likelihood
        assert run(capsys, "train", *words, "--likelihood", likelihood, "--output", str(output))[0] == 0
        assert json.loads((output / "config.json").read_text())["model"]["variance"] == variance


@pytest.mark.parametrize("command", ["evaluate", "project", "fit-prior"])
def test_seeds_are_whole_numbers_from_0(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in ("-1", str(2**63), "1.5"):
        with pytest.raises(SystemExit) as ended:
            build_parser().parse_args([command, "DIR", "--data", "digits", "--seed", seed])
        assert ended.value.code == 2
        assert "--seed" in capsys.readouterr().err


def test_resume_takes_the_runs_own_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = ["--output", str(tmp_path / "run"), "--json"]
    run(capsys, "train", "--data", "digits", *SMALL, "--beta", "3", *output)
    before = (tmp_path / "run/model.safetensors").read_bytes()
    code, result, _ = run(capsys, "train", "--resume", *output)
    assert (code, result["outcome"]) == (0, "finished")
    assert (tmp_path / "run/model.safetensors").read_bytes() == before
    code, _, told = run(capsys, "train", "--resume", "--beta", "2", *output)
    assert code == 2
    assert "trained with beta 3.0, not 2.0" in told
    (tmp_path / "other.json").write_text(json.dumps({"model": {"latent_dim": 7}}))
    code, _, told = run(capsys, "train", "--resume", "--config", str(tmp_path / "other.json"), *output)
    assert code == 2
    assert "latent_dim" in told


def test_resuming_what_is_done_leaves_all_that_was_made_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    words = ["train", "--data", "digits", *SMALL, "--output", str(folder), "--json"]
    assert run(capsys, *words)[0] == 0
    assert run(capsys, "fit-prior", str(folder), "--data", "digits", "--json")[0] == 0
    measure = ["evaluate", str(folder), "--data", "digits", "--samples", "1", "--likelihood-images", "1", "--json"]
    assert run(capsys, *measure)[0] == 0
    made = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert {"README.md", "metrics.json", "prior.safetensors"} <= set(made)
    assert run(capsys, *words, "--resume")[0] == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == made


def test_resuming_what_was_killed_at_its_start_starts_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run/training").mkdir(parents=True)
    words = ["--data", "digits", *SMALL, "--resume", "--output", str(tmp_path / "run"), "--json"]
    code, result, _ = run(capsys, "train", *words)
    assert (code, result["outcome"]) == (0, "finished")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], {}),
        (["--rotation", "30", "--mirror", "on"], {"rotation": 30.0, "mirror": "on"}),
        (["--shift", "0", "--rotation", "0", "--scale", "0"], {"shift": 0.0, "rotation": 0.0, "scale": 0.0}),
    ],
    ids=["filled in", "chosen", "off"],
)
def test_few_images_are_varied_unless_it_is_said_otherwise(
    words: list[str], expected: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "few.npz", np.random.default_rng(0).integers(256, size=(30, 16, 16), dtype=np.uint8))
    output = ["--output", str(tmp_path / "run"), "--json"]
    _, _, told = run(capsys, "train", "--data", str(tmp_path / "few.npz"), *SMALL, *words, *output)
    saved = json.loads((tmp_path / "run/config.json").read_text())["training"]
    filled_in = suggested(30, 16, 1, ())
    assert filled_in["rotation"] > 0
    assert {name: saved[name] for name in filled_in} == filled_in | expected
    assert ("Training images are" in told) == (expected.get("rotation") != 0.0)
    code, resumed, _ = run(capsys, "train", "--resume", *output)
    assert (code, resumed["outcome"]) == (0, "finished")


def test_a_weight_on_the_total_correlation_is_kept_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, asked = tmp_path / "run", ["--objective", "beta-tcvae", "--beta", "6"]
    code, _, _ = run(capsys, "train", "--data", "digits", *SMALL, *asked, "--output", str(folder), "--json")
    assert code == 0
    saved = json.loads((folder / "config.json").read_text())["training"]
    assert (saved["objective"], saved["beta"]) == ("beta-tcvae", 6)
    run(capsys, "evaluate", str(folder), "--data", "digits", "--samples", "1", "--likelihood-images", "1", "--json")
    card = (folder / "README.md").read_text()
    assert "a weight β of 6 stands on the total correlation" in card
    assert " --objective beta-tcvae --beta 6.0 " in card


TRAIN = ["train", "--data", "digits", "--output", "out"]
MISTAKES: dict[str, tuple[list[str], str]] = {
    "no command": ([], "required: look"),
    "unknown command": (["dance"], "invalid choice: 'dance'"),
    "unknown option": ([*TRAIN, "--speed", "9"], "unrecognized arguments: --speed"),
    "no output": (["train", "--data", "digits"], "required: --output"),
    "no data": (["train", "--output", "out"], "which data set"),
    "unknown data": (["train", "--data", "mnits", "--output", "out"], "Did you mean mnist"),
    "bad number": ([*TRAIN, "--epochs", "few"], "epochs: .*'few'"),
    "bad range": ([*TRAIN, "--latent-dim", "0"], "latent_dim: .*'0'"),
    "bad word": ([*TRAIN, "--posterior", "banded"], "posterior: .*'banded'"),
    "contradiction": ([*TRAIN, "--likelihood", "bernoulli", "--variance", "1"], "variance belongs to"),
    "no part of the KL": (
        [*TRAIN, *SMALL, "--objective", "beta-tcvae", "--prior", "flow"],
        "take prior standard, or objective elbo",
    ),
    "bad device": ([*TRAIN, *SMALL, "--device", "abacus"], "device 'abacus' is not available"),
    "no config file": ([*TRAIN, "--config", "nowhere.json"], "nowhere.json: cannot be read"),
    "no checkpoint": (["evaluate", "nowhere", "--data", "digits"], "there is no such checkpoint folder"),
    "no samples": (
        ["evaluate", "nowhere", "--data", "digits", "--samples", "0"],
        "--samples must be at least 1",
    ),
    "too few neighbours": (["project", "nowhere", "--data", "digits", "--neighbours", "1"], "neighbours: .*'1'"),
    "no room between": (
        ["project", "nowhere", "--data", "digits", "--min-dist", "3"],
        "min_dist 3 is larger than spread",
    ),
    "unknown metric": (["project", "nowhere", "--data", "digits", "--metric", "far"], "metric: .*'far'"),
    "not exported": (["export", "nowhere", "--format", "explorer", "--output", "out"], "no such checkpoint"),
    "no folder": (["list", "nowhere"], "there is no such folder"),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_one_clear_line_and_exit_code_2(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words, message = MISTAKES[kind]
    code, printed, told = run(capsys, *words)
    assert code == 2
    assert printed is None
    *progress, last = told.strip().splitlines()
    assert all(line.endswith("…") for line in progress)
    assert re.search(message, last), last
    assert list(tmp_path.iterdir()) == [], "something was left behind"


def test_a_full_disk_is_one_line_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, _content: bytes) -> int:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    code, _, told = run(capsys, "train", "--data", "digits", *SMALL, "--output", str(tmp_path / "run"))
    assert code == 1
    assert "No space left on device" in told.splitlines()[-1]
    assert not (tmp_path / "run/config.json").exists()

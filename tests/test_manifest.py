"""The manifest of explorer files: a good one is read, and each thing wrong is named."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vae_core.errors import CheckpointError
from vae_core.explorer_files.explorer_folder import check_contents, read_manifest
from vae_core.explorer_files.manifest import Manifest


@pytest.fixture
def folder(add_checkpoint: Callable[..., Path]) -> Path:
    return add_checkpoint("three") / "explorer"


def change(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "manifest.json"
    values = json.loads(path.read_text())
    edit(values)
    path.write_text(json.dumps(values))


def test_a_good_manifest_is_read_and_its_contents_agree(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert manifest.name == "three"
    assert manifest.map.class_counts == [1, 2]
    assert [role for role, _ in manifest.files][:4] == ["decoder", "encoder", "points", "latents"]
    assert check_contents(folder) == manifest


def test_the_first_manifests_say_nothing_of_ground_and_levels(folder: Path) -> None:
    change(folder, lambda m: (m["data"].pop("ground"), m["data"].pop("levels")))
    data = read_manifest(folder).data
    assert (data.ground, data.levels) == ("white", [0, 255])


def test_the_first_maps_came_with_two_more_graphs(folder: Path) -> None:
    graphs: dict[str, dict[str, Any]] = {}
    for role in ("plane", "position"):
        content = role.encode()
        digest = hashlib.sha256(content).hexdigest()
        path = f"{role}.{digest[:12]}.onnx"
        (folder / path).write_bytes(content)
        graphs[role] = {"path": path, "bytes": len(content), "sha256": digest}
    change(folder, lambda m: m["files"].update(graphs))
    manifest = check_contents(folder)
    assert {"plane", "position"} < {role for role, _ in manifest.files}
    assert Manifest.model_validate(manifest.model_dump(mode="json")) == manifest


def test_the_first_maps_have_one_sheet_and_no_latent_to_begin_with(folder: Path) -> None:
    def edit(manifest: dict[str, Any]) -> None:
        sheet = manifest["files"]["thumbnails"][0]
        manifest["files"]["thumbnails"] = sheet | {"rows": 2}
        del manifest["map"]["start_latent"], manifest["map"]["start_position"]

    change(folder, edit)
    manifest = check_contents(folder)
    assert [sheet.rows for sheet in manifest.files.thumbnails] == [2]
    assert manifest.map.start_latent is None


def test_a_sheet_that_is_missing_is_named(folder: Path) -> None:
    last = read_manifest(folder).files.thumbnails[-1]
    (folder / last.path).unlink()
    with pytest.raises(CheckpointError, match=f"{last.path}: the thumbnails file is missing"):
        read_manifest(folder)


def test_what_there_is_not_is_not_named(folder: Path) -> None:
    names = json.loads((folder / "manifest.json").read_text())["files"]
    assert list(read_manifest(folder).model_dump(mode="json")["files"]) == list(names)


def test_reading_a_manifest_loads_no_torch() -> None:
    heavy = {"torch", "numba", "onnx", "sklearn"}
    code = f"import sys, vae_core.explorer_files.explorer_folder; print({heavy} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


WRONG: list[tuple[str, Callable[[dict[str, Any]], object], str]] = [
    ("version", lambda m: m.update(format=2), "format version 2 is unknown"),
    ("missing part", lambda m: m.pop("latent"), "latent: Field required"),
    ("unknown part", lambda m: m.update(extra=1), "extra: Extra inputs"),
    ("name", lambda m: m.update(name=""), "name: String should have at least 1"),
    ("channels", lambda m: m["model"].update(channels=2), "model.channels"),
    ("text for a number", lambda m: m["model"].update(latent_dim="16"), "model.latent_dim"),
    ("variance", lambda m: m["model"].update(likelihood="gaussian", variance=0.0), "model.variance"),
    ("variance of none", lambda m: m["model"].update(variance=0.1), "a variance belongs to the likelihoods gaussian"),
    ("no variance", lambda m: m["model"].update(likelihood="gaussian"), "a variance belongs to the likelihood"),
    ("framing", lambda m: m["data"].update(framing="centre"), "data.framing"),
    ("ground", lambda m: m["data"].update(ground="grey"), "data.ground"),
    ("levels", lambda m: m["data"].update(levels=[15, 0]), "low < high"),
    ("whole levels", lambda m: m["data"].update(whole_levels=[4095, 0]), "low < high"),
    ("one level", lambda m: m["data"].update(levels=[15]), "data.levels"),
    ("background", lambda m: m["data"].update(background=1.5), "data.background"),
    ("method", lambda m: m["map"].update(method="tsne"), "map.method"),
    ("axes without their method", lambda m: m["map"].update(axes=[0, 1]), "axes belong to the method axes"),
    ("method without axes", lambda m: m["map"].update(method="axes"), "axes belong to the method axes"),
    ("settings of pca", lambda m: m["map"].update(settings={}), "settings belong to the method umap"),
    ("bad settings", lambda m: m["map"].update(method="umap", settings={"neighbours": 0}), "map.settings.neighbours"),
    ("seed", lambda m: m["map"].update(seed=-1), "map.seed"),
    ("axes too high", lambda m: m["map"].update(method="axes", axes=[0, 16]), "go beyond the 16"),
    ("bounds", lambda m: m["map"].update(bounds=[1, 0, 0, 1]), "left < right"),
    ("three bounds", lambda m: m["map"].update(bounds=[0, 0, 1]), "map.bounds"),
    ("not a number", lambda m: m["map"].update(bounds=[0, 0, float("nan"), 1]), "map.bounds.2"),
    ("trustworthiness", lambda m: m["map"].update(trustworthiness=1.5), "map.trustworthiness"),
    ("start", lambda m: m["map"].update(start=3), "start 3 is not one of the 3"),
    ("counts", lambda m: m["map"].update(class_counts=[2, 2]), "do not add up"),
    ("number of counts", lambda m: m["map"].update(class_counts=[3]), "1 entries for 2 classes"),
    ("sampled", lambda m: m["map"].update(sampled=True), "contradict"),
    ("order", lambda m: m["latent"].update(order=[0] * 16), "latent.order"),
    ("latent length", lambda m: m["latent"].update(mean=[0.0]), "latent.mean has 1 entries"),
    ("parent folder", lambda m: m["files"]["decoder"].update(path="../decoder.onnx"), "files.decoder"),
    ("absolute path", lambda m: m["files"]["encoder"].update(path="/etc/passwd"), "files.encoder"),
    (
        "foreign hash",
        lambda m: m["files"]["encoder"].update(sha256="0" * 64),
        "does not carry the file's sha256",
    ),
    ("hash form", lambda m: m["files"]["encoder"].update(sha256="xyz"), "files.encoder.sha256"),
    ("dtype", lambda m: m["files"]["points"].update(dtype="float64"), "files.points.dtype"),
    ("shape", lambda m: m["files"]["points"].update(shape=[4, 2]), "do not hold float32"),
    ("other shape", lambda m: m["files"]["points"].update(shape=[2, 3]), "files.points is float32"),
    ("other count", lambda m: m["map"].update(count=2, total=2, class_counts=[1, 1]), "files.points is"),
    ("shape of another", lambda m: m["files"].update(plane_latents=m["files"]["kl"]), "files.plane_latents is float16"),
    ("start latent", lambda m: m["map"].update(start_latent=[0.0]), "start_latent has 1 entries"),
    ("start position", lambda m: m["map"].update(start_position=[0.0]), "map.start_position"),
    ("tiles", lambda m: m["files"].update(thumbnails=m["files"]["thumbnails"][:1]), "no room for 3"),
    ("no sheet", lambda m: m["files"].update(thumbnails=[]), "files.thumbnails"),
    ("sheets of two sizes", lambda m: m["files"]["thumbnails"][1].update(tile=14), "differ in tile"),
    ("a sheet that is not full", lambda m: m["files"]["thumbnails"][1].update(rows=2), "the last no more"),
    ("size", lambda m: m["files"]["decoder"].update(bytes=7), "bytes, expected 7"),
]


@pytest.mark.parametrize(("edit", "message"), [pytest.param(*case[1:], id=case[0]) for case in WRONG])
def test_each_wrong_thing_is_named(folder: Path, edit: Callable[[dict[str, Any]], object], message: str) -> None:
    change(folder, edit)
    with pytest.raises(CheckpointError) as error:
        read_manifest(folder)
    assert message in str(error.value)
    assert str(folder) in str(error.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b" " * (5 << 20)])
def test_what_is_no_manifest_is_refused(folder: Path, content: bytes) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"manifest\.json"):
        read_manifest(folder)


def test_a_missing_folder_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="vae_core project"):
        read_manifest(tmp_path / "nowhere")


def test_a_missing_file_is_named(folder: Path) -> None:
    next(folder.glob("labels.*")).unlink()
    with pytest.raises(CheckpointError, match="labels file is missing"):
        read_manifest(folder)


def test_links_are_refused(folder: Path, tmp_path: Path) -> None:
    for name in (next(folder.glob("decoder.*")).name, "manifest.json"):
        (folder / name).rename(tmp_path / name)
        os.symlink(tmp_path / name, folder / name)
        with pytest.raises(CheckpointError, match="is a link"):
            read_manifest(folder)


def test_changed_bytes_are_found(folder: Path) -> None:
    path = next(folder.glob("encoder.*"))
    content = bytearray(path.read_bytes())
    content[5] ^= 1
    path.write_bytes(content)
    read_manifest(folder)
    with pytest.raises(CheckpointError, match=f"{path.name}: its content is not"):
        check_contents(folder)


@pytest.mark.parametrize(
    ("role", "values", "message"),
    [
        ("points", np.full(6, np.nan, "<f4"), "not finite"),
        ("latents", np.full(48, np.inf, "<f2"), "not finite"),
        ("labels", np.array([0, 1, 2], "<u1"), "label without a class name"),
    ],
)
def test_bad_values_are_found(folder: Path, role: str, values: np.ndarray, message: str) -> None:
    def replace(manifest: dict[str, Any]) -> None:
        content, entry = values.tobytes(), manifest["files"][role]
        digest = hashlib.sha256(content).hexdigest()
        entry.update(sha256=digest, bytes=len(content), path=f"{role}.{digest[:12]}.{entry['path'].split('.')[-1]}")
        (folder / entry["path"]).write_bytes(content)

    change(folder, replace)
    with pytest.raises(CheckpointError, match=message):
        check_contents(folder)


@pytest.mark.parametrize(("indices", "good"), [([2, 0, 1], True), ([0, 2, 2], False), ([0, 1, 3], False)])
def test_each_point_is_another_image_of_the_data(folder: Path, indices: list[int], good: bool) -> None:
    content = np.array(indices, "<u4").tobytes()
    digest = hashlib.sha256(content).hexdigest()
    entry = {"path": f"indices.{digest[:12]}.u32", "bytes": 12, "sha256": digest, "dtype": "uint32", "shape": [3]}
    (folder / str(entry["path"])).write_bytes(content)
    change(folder, lambda manifest: manifest["files"].update(indices=entry))
    if good:
        assert check_contents(folder).files.indices is not None
    else:
        with pytest.raises(CheckpointError, match="does not name 3 different images of 3"):
            check_contents(folder)

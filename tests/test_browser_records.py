"""Records that cross to the browser half: what Python writes is what the TypeScript types of the same names say.

Each record that Python has written is assigned to its type, which the TypeScript compiler checks; and a type names
nothing that Python does not write.
"""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from streamlit.testing.v1 import AppTest

from harness.server import ROOT
from serving.heavy_work import FilmWish, GeodesicWish
from serving.run_routes import run_now
from tests.run_folders import add_learned
from ui.explorer import SceneReport
from vae_core.collection.unseen import unseen_images
from vae_core.explorer_files.manifest import DataPart, Manifest, MapPart
from vae_core.explorer_files.manifest_files import FilesPart
from vae_core.films.desk import WORK, Job, Told
from vae_core.progress import silent
from vae_core.runs.report import learned
from vae_core.runs.run import list_runs
from vae_core.sizes import flow_side

EXPLORER = ROOT / "explorer"
AddCheckpoint = Callable[..., Path]

# Every key of every object within: those of arrays are the keys of their items.
KEYS = """
type Plain = string | number | boolean | null | undefined;
type There<T> = Exclude<T, null | undefined>;
type Item<T> = T extends readonly (infer I)[] ? There<I> : T;
type Known<T, P> = T extends Plain ? true
  : T extends readonly unknown[] ? (Item<P> extends never ? true : Known<Item<T>, Item<P>>)
  : { [K in keyof T]-?: K extends keyof P ? Known<There<T[K]>, There<P[K]>> : K }[keyof T];
"""


def compiled(source: str, folder: Path) -> str:
    """What the TypeScript compiler has to say of a module, as strictly as of our own."""
    (folder / "records.ts").write_text(source)
    config = {
        "extends": str(EXPLORER / "tsconfig.json"),
        "compilerOptions": {"types": [], "noUnusedLocals": False, "noEmit": True},
        "files": ["records.ts"],
        "include": [str(EXPLORER / "src" / "styles.d.ts")],
    }
    (folder / "tsconfig.json").write_text(json.dumps(config))
    compiler = EXPLORER / "node_modules" / ".bin" / "tsc"
    ended = subprocess.run([compiler, "-p", folder], capture_output=True, text=True, timeout=300, check=False)
    return ended.stdout + ended.stderr


def misfits(kind: str, module: str, record: Any, folder: Path) -> str:
    """What keeps a record from being of a TypeScript type, and names in the type that are not in the record."""
    source = f"""import type {{ {kind} }} from "{EXPLORER / "src" / module}";
{KEYS}
const given = {json.dumps(record)} as const;
export const record: {kind} = given;
type Missing = Exclude<Known<{kind}, typeof given>, true>;
export const everyNameIsWritten: [Missing] extends [never] ? true : Missing = true;
"""
    return compiled(source, folder)


def full_manifest() -> dict[str, Any]:
    """A shipped manifest with every file and every fact that there may be."""
    manifest = json.loads((ROOT / "checkpoints" / "mnist-16d" / "explorer" / "manifest.json").read_text())
    files = manifest["files"]
    for role in ("plane_latents", "log_variances"):
        files[role] = files["latents"]
    for role in ("plane", "position"):
        files[role] = files["decoder"]
    files["indices"] = files["points"] | {
        "path": files["points"]["path"].replace("f32", "u32"),
        "dtype": "uint32",
        "shape": files["labels"]["shape"],
        "bytes": 4 * files["labels"]["shape"][0],
    }
    manifest["latent"]["factors"] = [{"name": "weight", "share": 0.5}, *[None] * (manifest["model"]["latent_dim"] - 1)]
    manifest["data"]["decoded"] = "draws"
    manifest["prior"] = {"kind": "flow", "couplings": 2, "units": 3}
    numbers = flow_side(manifest["model"]["latent_dim"], 2, 3).weights
    files["prior"] |= {"shape": [numbers], "bytes": 4 * numbers}
    return Manifest.model_validate(manifest).model_dump(mode="json")


def test_the_manifest(tmp_path: Path) -> None:
    manifest = full_manifest()
    assert misfits("Manifest", "model/manifest", manifest, tmp_path) == ""
    without = copy.deepcopy(manifest)
    del without["map"]["start_latent"]  # which the type lets be missing
    assert "start_latent" in misfits("Manifest", "model/manifest", without, tmp_path)
    del manifest["data"]["levels"]
    assert "levels" in misfits("Manifest", "model/manifest", manifest, tmp_path)


@pytest.mark.parametrize(
    ("kind", "part", "field"),
    [("Framing", DataPart, "framing"), ("Ground", DataPart, "ground"), ("MapMethod", MapPart, "method")],
)
def test_the_words_of_a_manifest(kind: str, part: Any, field: str, tmp_path: Path) -> None:
    words = get_args(part.model_fields[field].annotation)
    assert len(words) > 1
    source = f"""import type {{ {kind} }} from "{EXPLORER / "src" / "model" / "manifest"}";
export const words: Record<{kind}, true> = {json.dumps(dict.fromkeys(words, True))};
"""
    assert compiled(source, tmp_path) == ""


def test_the_files_of_a_manifest(tmp_path: Path) -> None:
    """Python may name files that the browser reads no more; the browser reads none that Python does not name."""
    source = f"""import type {{ Manifest }} from "{EXPLORER / "src" / "model" / "manifest"}";
type Roles = {" | ".join(json.dumps(role) for role in FilesPart.model_fields)};
export const roles: Exclude<keyof Manifest["files"], Roles> extends never ? true : false = true;
"""
    assert compiled(source, tmp_path) == ""


@pytest.mark.parametrize("page", ["explore", "interpolate"])
def test_the_options_of_the_explorer(page: str, add_checkpoint: AddCheckpoint, tmp_path: Path) -> None:
    add_checkpoint("one")
    app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=60).run()
    assert not app.exception
    (component,) = app.get("bidi_component")
    given = json.loads(component.proto.json)
    del given["module"]  # the loader's own
    source = f"""import type {{ ExplorerOptions }} from "{EXPLORER / "src" / "options"}";
type Given = Omit<ExplorerOptions, "onScene" | "standalone">;
const given = {json.dumps(given)} as const;
type Alike = keyof Given extends keyof typeof given ? (keyof typeof given extends keyof Given ? true : false) : false;
export const options: Given = given;
export const alike: Alike = true;
"""
    assert compiled(source, tmp_path) == ""


def test_the_options_of_a_comparison(add_checkpoint: AddCheckpoint, tmp_path: Path) -> None:
    for name in ("one", "two"):
        add_checkpoint(name)
    app = AppTest.from_file(str(ROOT / "pages" / "compare.py"), default_timeout=60)
    app.query_params["models"] = "one,two"
    app.run()
    assert not app.exception
    (component,) = app.get("bidi_component")
    given = json.loads(component.proto.json)
    del given["module"]  # the loader's own
    source = f"""import type {{ ComparedModel, CompareOptions }} from "{EXPLORER / "src" / "compare" / "options"}";
const given = {json.dumps(given)} as const;
type Same<One, Other> = keyof One extends keyof Other ? (keyof Other extends keyof One ? true : false) : false;
export const options: CompareOptions = given;
export const alike: Same<CompareOptions, typeof given> = true;
export const models: Same<ComparedModel, (typeof given.models)[0]> = true;
"""
    assert compiled(source, tmp_path) == ""


def test_test_images_as_they_are_handed_out(tmp_path: Path) -> None:
    handed = json.loads(json.dumps(unseen_images(ROOT / "checkpoints" / "digits-2d")))
    assert misfits("HandedOut", "compare/options", handed, tmp_path) == ""


def test_the_report_of_a_scene(tmp_path: Path) -> None:
    names = dict.fromkeys(SceneReport.__annotations__, True)
    source = f"""import type {{ SceneReport }} from "{EXPLORER / "src" / "options"}";
export const names: Record<keyof SceneReport, true> = {json.dumps(names)};
"""
    assert compiled(source, tmp_path) == ""


@pytest.mark.parametrize(("kind", "wish"), [("GeodesicBody", GeodesicWish), ("FilmBody", FilmWish)])
def test_what_the_server_is_asked_for(kind: str, wish: type[BaseModel], tmp_path: Path) -> None:
    names = dict.fromkeys(wish.model_fields, True)
    source = f"""import type {{ {kind} }} from "{EXPLORER / "src" / "interpolate" / "service"}";
export const names: Record<keyof {kind}, true> = {json.dumps(names)};
"""
    assert compiled(source, tmp_path) == ""


@pytest.mark.parametrize(
    ("kind", "what", "wish"),
    [
        ("GeodesicResult", "geodesic", {"stops": [[0, 0], [1, 1]], "mode": "data"}),
        (
            "FilmResult",
            "film",
            {"latents": [[0, 0], [1, 1]], "format": "gif", "side": 64, "frames_per_second": 10, "repeat": "once"},
        ),
    ],
)
def test_what_the_server_answers(kind: str, what: str, wish: dict[str, Any], tmp_path: Path) -> None:
    job = Job(0, what, str(ROOT / "checkpoints" / "digits-2d"), "", wish)
    result = json.loads(json.dumps(WORK[what](job, Told(silent, lambda _sketch: None, lambda: False))))
    assert misfits(kind, "interpolate/service", result, tmp_path) == ""


def test_how_a_run_is_now_and_what_it_has_learned(checkpoints: Path, tmp_path: Path) -> None:
    add_learned(checkpoints)
    runs = list_runs(checkpoints)
    assert misfits("RunNow", "runs/poll", run_now(runs[0], runs), tmp_path) == ""
    assert misfits("Learned", "runs/learned", learned(runs[0]), tmp_path) == ""

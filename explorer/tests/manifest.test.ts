import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseManifest } from "../src/model/manifest";

const shipped = readFileSync("../checkpoints/digits-2d/explorer/manifest.json", "utf8");

/** The shipped manifest with one value replaced, at `part.field`. */
function changed(place: string, value: unknown): unknown {
  const manifest = JSON.parse(shipped) as Record<string, Record<string, unknown>>;
  const [part, field] = place.split(".") as [string, string];
  manifest[part]![field] = value;
  return manifest;
}

test("a shipped manifest is read", () => {
  assert.equal(parseManifest(JSON.parse(shipped)).data.framing, "box");
});

test("what the map says of its making is let be", () => {
  const settings = { neighbours: 15, min_dist: 0.1, spread: 1, metric: "cosine", densmap: false, target: null };
  assert.equal(parseManifest(changed("map.settings", settings)).map.count, 1438);
});

test("the first manifests lay pictures on white and have all levels", () => {
  const { ground, levels, whole_levels } = parseManifest(JSON.parse(shipped)).data;
  assert.deepEqual([ground, levels, whole_levels], ["white", [0, 255], [0, 65_535]]);
});

test("ground and levels are those of the manifest", () => {
  assert.equal(parseManifest(changed("data.ground", "black")).data.ground, "black");
  assert.deepEqual(parseManifest(changed("data.levels", [0, 15])).data.levels, [0, 15]);
});

test("what the way back is fitted to may be the latents, and the first maps bring graphs that nothing reads", () => {
  const { latents } = parseManifest(JSON.parse(shipped)).files;
  assert.equal(parseManifest(JSON.parse(shipped)).files.plane_latents, undefined);
  assert.deepEqual(parseManifest(changed("files.plane_latents", latents)).files.plane_latents, latents);
  assert.equal(parseManifest(changed("files.plane", { path: "plane.onnx", bytes: 9 })).name, "digits-2d");
});

test("each wrong thing is named", () => {
  const wrong: [string, unknown, string][] = [
    ["model.likelihood", "poisson", "likelihood"],
    ["model.variance", null, "model.variance"],
    ["model.variance", 0, "model.variance"],
    ["model.likelihood", "bernoulli", "model.variance"],
    ["data.framing", "centre", "framing"],
    ["data.background", 1.5, "data.background"],
    ["data.background", undefined, "data.background"],
    ["data.ground", "grey", "ground"],
    ["data.levels", [0], "levels"],
    ["data.levels", [15, 0], "data.levels"],
    ["data.whole_levels", [4095, 0], "data.whole_levels"],
    ["data.levels", ["0", "15"], "data.levels"],
    ["map.start", 1438, "map.start"],
    ["files.encoder", undefined, "encoder"],
    ["files.kl", {}, "files.kl.path"],
    ["files.plane_latents", {}, "files.plane_latents.path"],
    ["map.method", "tsne", "method"],
    ["map.axes", null, "map.axes"],
  ];
  for (const [place, value, named] of wrong) {
    assert.throws(() => parseManifest(changed(place, value)), new RegExp(`“${named}”`), place);
  }
});

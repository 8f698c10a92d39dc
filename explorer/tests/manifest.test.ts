import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseManifest, type ThumbnailsEntry } from "../src/model/manifest";

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

test("the first manifests lay pictures on white, have all levels and are not binarised", () => {
  const { ground, levels, whole_levels, binarised } = parseManifest(JSON.parse(shipped)).data;
  assert.deepEqual([ground, levels, whole_levels, binarised], ["white", [0, 255], [0, 65_535], false]);
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

test("small pictures may lie on several sheets, all but the last of them full", () => {
  const [sheet] = parseManifest(JSON.parse(shipped)).files.thumbnails as [ThumbnailsEntry];
  const full = { ...sheet, columns: 32, rows: 32 };
  const sheets = parseManifest(changed("files.thumbnails", [full, { ...full, rows: 13 }])).files.thumbnails;
  assert.deepEqual(sheets.map(({ rows }) => rows), [32, 13]);
  for (const wrong of [[], [full], [{ ...full, rows: 13 }, full], [full, { ...full, tile: 9 }], [full, { ...full, path: 9 }]]) {
    assert.throws(() => parseManifest(changed("files.thumbnails", wrong)), /“files.thumbnails/, JSON.stringify(wrong));
  }
});

test("the latent to begin with is looked up where a manifest does not have it", () => {
  const { start_latent: start, ...map } = parseManifest(JSON.parse(shipped)).map;
  assert.equal(parseManifest({ ...JSON.parse(shipped), map }).map.start_latent, undefined);
  assert.deepEqual(parseManifest(changed("map.start_latent", [0.5, -1])).map.start_latent, [0.5, -1]);
});

test("dimensions may hold a factor of the data each", () => {
  assert.equal(parseManifest(JSON.parse(shipped)).latent.factors, undefined);
  assert.equal(parseManifest(changed("latent.factors", null)).latent.factors, null);
  const factors = [null, { name: "x", share: 0.63 }];
  assert.deepEqual(parseManifest(changed("latent.factors", factors)).latent.factors, factors);
});

test("a Laplace has a variance as a Gaussian has", () => {
  assert.equal(parseManifest(changed("model.likelihood", "laplace")).model.likelihood, "laplace");
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
    ["data.binarised", 1, "data.binarised"],
    ["data.levels", ["0", "15"], "data.levels"],
    ["map.start", 1438, "map.start"],
    ["map.start_latent", [0], "map.start_latent"],
    ["map.start_latent", [0, null], "map.start_latent"],
    ["map.start_position", [0], "map.start_position"],
    ["files.decoder", undefined, "decoder"],
    ["files.kl", {}, "files.kl.path"],
    ["latent.kl_per_dimension", [0], "kl_per_dimension"],
    ["data.decoded", "dreams", "decoded"],
    ["files.plane_latents", {}, "files.plane_latents.path"],
    ["files.prior", {}, "files.prior.path"],
    ["ground.distance", null, "ground"],
    ["ground.log_density", undefined, "ground"],
    ["latent.factors", [null], "factors"],
    ["latent.factors", [null, { name: "x" }], "latent.factors"],
    ["latent.factors", [undefined, { name: 4, share: 0.5 }], "latent.factors"],
    ["map.method", "tsne", "method"],
    ["map.axes", null, "map.axes"],
  ];
  for (const [place, value, named] of wrong) {
    assert.throws(() => parseManifest(changed(place, value)), new RegExp(`“${named}”`), place);
  }
});

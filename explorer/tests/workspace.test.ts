import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeWorkspace, encodeWorkspace, linkedWorkspace, type Workspace } from "../src/explore/workspace";
import { contentOf, textOf } from "./linkText";
import { manifestOf } from "./manifestOf";
import { normal, random } from "./random";

const DIMENSIONS = 16;
const MODEL = manifestOf({ dimensions: DIMENSIONS });
const draw = normal(6);
const latentOf = (dimensions: number): number[] => [...Float32Array.from({ length: dimensions }, draw)];

function workspaceOf(dimensions: number): Workspace {
  return {
    state: {
      probe: { position: [1.2345678901234, -7.5e-9], latent: latentOf(dimensions), point: null, home: 1437, method: { kind: "pca" } },
      method: { kind: "axes", axes: [3, 5] },
      colorBy: { kind: "dimension", dimension: 7 },
      hidden: new Set([0, 9]),
      layers: { contours: true, lattice: false, emptiness: true },
      groups: [
        { points: Uint32Array.of(0, 1, 127, 128, 129, 500, 1437), origin: "by lasso", outline: { polygon: [{ x: 0.1, y: 1 }, { x: 2, y: -3 }, { x: -1e-7, y: 4 }], method: { kind: "model" } } },
        { points: Uint32Array.of(1437), origin: "a class", outline: null },
      ],
    },
    view: { x: 0.1, y: -3, zoom: 400 },
  };
}

const PLACE = workspaceOf(DIMENSIONS);
const withState = (change: Partial<Workspace["state"]>): Workspace => ({ ...PLACE, state: { ...PLACE.state, ...change } });
const read = (text: string): Workspace | null => decodeWorkspace(text, MODEL);
const again = (workspace: Workspace): Workspace | null => read(encodeWorkspace(MODEL, workspace));

/** The link with something in it changed. */
function changed(change: (content: unknown[]) => void): string {
  const { value, rest } = contentOf(encodeWorkspace(MODEL, PLACE));
  change(value);
  return textOf(value, rest);
}

test("what goes in comes out to the last bit", () => {
  assert.deepEqual(again(PLACE), PLACE);
  const changes: Partial<Workspace["state"]>[] = [
    { probe: null },
    { method: { kind: "model" } },
    { colorBy: { kind: "density" } },
    { hidden: new Set() },
    { layers: { contours: false, lattice: true, emptiness: false } },
    { groups: [null, PLACE.state.groups[1]] },
    { groups: [null, null] },
  ];
  for (const change of changes) assert.deepEqual(again(withState(change)), withState(change));
});

test("a probe on a data point can do without its latent, where there is no room for it", () => {
  const on = withState({ probe: { ...PLACE.state.probe!, point: 12 }, groups: [null, null] });
  assert.deepEqual(again(on), on);
  const short = linkedWorkspace(MODEL, on, encodeWorkspace(MODEL, on).length - 1);
  assert.equal(short.without, null);
  assert.deepEqual(read(short.text), withState({ probe: { ...PLACE.state.probe!, point: 12, latent: null }, groups: [null, null] }));
});

test("on a map made anew the latent, the colours and the layers are what they were, and the rest is of no use", () => {
  const anew = manifestOf({ dimensions: DIMENSIONS, points: "deadbeef" });
  const probe = { ...PLACE.state.probe!, position: null, point: null, home: null };
  assert.deepEqual(decodeWorkspace(encodeWorkspace(MODEL, PLACE), anew), { state: { ...PLACE.state, probe, groups: [null, null] }, view: null });
  const unknown = withState({ probe: { ...PLACE.state.probe!, latent: null } });
  assert.equal(decodeWorkspace(encodeWorkspace(MODEL, unknown), anew)!.state.probe, null);
});

test("it needs no escaping in a URL", () => {
  for (let trial = 0; trial < 50; trial++) {
    const { state } = workspaceOf(DIMENSIONS);
    assert.match(encodeWorkspace(MODEL, withState({ probe: state.probe })), /^[A-Za-z0-9_-]+$/);
  }
});

test("whatever is cut off, added or not a link at all is null", () => {
  const text = encodeWorkspace(MODEL, PLACE);
  for (let length = 0; length < text.length; length++) assert.equal(read(text.slice(0, length)), null);
  for (const bad of ["", "=", " ", "A", "ä", "../..", `${text}A`, `${text}AAAA`, `${text}=`, text.replace(/.$/, "!"), "null"]) assert.equal(read(bad), null);
  const next = random(8);
  for (let trial = 0; trial < 500; trial++) {
    assert.equal(read(Buffer.from(Uint8Array.from({ length: Math.floor(next() * 150) }, () => next() * 256)).toString("base64url")), null);
  }
});

test("a place of another model, another version or other dimensions is null", () => {
  assert.equal(read(encodeWorkspace(manifestOf({ dimensions: DIMENSIONS, decoder: "deadbeef" }), PLACE)), null);
  assert.equal(read(changed((content) => (content[0] = 1))), null);
  assert.equal(decodeWorkspace(encodeWorkspace(MODEL, PLACE), manifestOf({ dimensions: DIMENSIONS + 1 })), null);
});

test("numbers that no place can have are null", () => {
  const probe = PLACE.state.probe!;
  const bad: Partial<Workspace["state"]>[] = [
    { probe: { ...probe, latent: probe.latent!.with(3, NaN) } },
    { probe: { ...probe, latent: probe.latent!.with(3, Infinity) } },
    { probe: { ...probe, latent: probe.latent!.slice(1) } },
    { probe: { ...probe, position: [NaN, 0] } },
    { probe: { ...probe, position: [0, -1e300] } },
    { probe: { ...probe, point: 1438 } },
    { probe: { ...probe, home: -1 } },
    { probe: { ...probe, method: { kind: "axes", axes: [3, 3] } } },
    { method: { kind: "axes", axes: [0, DIMENSIONS] } },
    { colorBy: { kind: "dimension", dimension: DIMENSIONS } },
    { hidden: new Set([10]) },
    { groups: [{ points: Uint32Array.of(1438), origin: "a class", outline: null }, null] },
    { groups: [{ points: new Uint32Array(0), origin: "a class", outline: null }, null] },
    { groups: [{ points: Uint32Array.of(1), origin: "x".repeat(500), outline: null }, null] },
  ];
  for (const change of bad) assert.equal(again(withState(change)), null, JSON.stringify(change));
  for (const view of [{ x: NaN, y: 0, zoom: 1 }, { x: 0, y: -Infinity, zoom: 1 }, { x: 0, y: 0, zoom: 0 }, { x: 0, y: 0, zoom: -1 }]) {
    assert.equal(again({ ...PLACE, view }), null);
  }
});

test("parts that are not what they should be are null", () => {
  const { length } = contentOf(encodeWorkspace(MODEL, PLACE)).value;
  for (let part = 3; part < length; part++) {
    for (const wrong of [7, "pca", {}, [], [null], [[]], { __proto__: [] }, true]) {
      if (part === 6 && Array.isArray(wrong) && wrong.length === 0) continue; // no class is switched off
      assert.equal(read(changed((content) => (content[part] = wrong))), null, `${JSON.stringify(wrong)} at ${part}`);
    }
  }
});

test("a link leaves out what it has no room for, and says so", () => {
  assert.deepEqual(linkedWorkspace(MODEL, PLACE), { text: encodeWorkspace(MODEL, PLACE), without: null });
  const points = Uint32Array.from({ length: 719 }, (_, index) => 2 * index);
  const crowded = withState({ groups: [{ points, origin: "by lasso", outline: null }, { points, origin: "by lasso", outline: null }] });
  const ungrouped = linkedWorkspace(MODEL, crowded, 1500);
  assert.equal(ungrouped.without, "the groups");
  assert.deepEqual(read(ungrouped.text), withState({ groups: [null, null] }));
  const wide = manifestOf({ dimensions: 512 });
  const placed = linkedWorkspace(wide, workspaceOf(512));
  assert.match(placed.without!, /latent/);
  assert.ok(placed.text.length < 2000);
  assert.equal(decodeWorkspace(placed.text, wide)!.state.probe!.latent, null);
});

test("what a map drawn anew has no numbers for is coloured by class", () => {
  const { kl, reconstruction_error, ...files } = MODEL.files;
  assert.ok(kl && reconstruction_error);
  for (const kind of ["kl", "reconstruction_error"] as const) {
    const text = encodeWorkspace(MODEL, withState({ colorBy: { kind } }));
    assert.deepEqual(decodeWorkspace(text, { ...MODEL, files })?.state.colorBy, { kind: "class" });
    assert.deepEqual(read(text)?.state.colorBy, { kind });
  }
});

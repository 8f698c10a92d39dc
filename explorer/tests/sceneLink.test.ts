import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeScene, encodeScene, linkedScene, type SharedScene } from "../src/interpolate/sceneLink";
import { type Choices, INITIAL_CHOICES, type Stop } from "../src/interpolate/state";
import { contentOf, textOf } from "./linkText";
import { manifestOf } from "./manifestOf";
import { normal, random } from "./random";

const DIMENSIONS = 16;
const MODEL = manifestOf({ dimensions: DIMENSIONS });
const draw = normal(9);
const stop = (name: string, dimensions = DIMENSIONS): Stop => ({
  id: name,
  name,
  latent: Float32Array.from({ length: dimensions }, draw),
  position: { x: 1.2345678901234, y: -7.5e-9 },
  point: null,
  corner: name === "8",
});
const CHOICES: Choices = {
  ...INITIAL_CHOICES,
  stops: [stop("3"), stop("near 5"), stop("naïve → “8”"), stop("")],
  shape: "grid",
  mode: "geodesic",
  spacing: "image",
  repeat: "once",
  frames: 120,
  beyond: 0.35,
  side: 15,
  speed: 30,
};
const SCENE: SharedScene = { choices: CHOICES, frame: 200, chosen: 2, view: { x: 0.1, y: -3, zoom: 2.5 } };
const read = (text: string): SharedScene | null => decodeScene(text, MODEL);
/** The scene's link with something in it changed. */
function changed(change: (content: unknown[]) => void): string {
  const { value, rest } = contentOf(encodeScene(MODEL, SCENE));
  change(value);
  return textOf(value, rest);
}

/** A scene but for the stops' ids, which are made anew. */
const bare = ({ choices, ...rest }: SharedScene): unknown => ({
  ...rest,
  ...choices,
  stops: choices.stops.map(({ id: _, ...stop }) => stop),
});

test("what goes in comes out to the last bit", () => {
  assert.deepEqual(bare(read(encodeScene(MODEL, SCENE))!), bare(SCENE));
  const changes: Partial<Choices>[] = [{ shape: "path" }, { mode: "line" }, { mode: "slerp" }, { mode: "data" }, { spacing: "latent" }, { repeat: "loop" }, { repeat: "ping-pong" }, { frames: 2 }, { beyond: 0 }, { beyond: 1 }, { side: 5 }, { speed: 2 }, { hidden: new Set([0, 9]) }];
  for (const change of changes) {
    const scene = { ...SCENE, choices: { ...CHOICES, ...change }, frame: 0 };
    assert.deepEqual(bare(read(encodeScene(MODEL, scene))!), bare(scene));
  }
});

test("the ways of a link that was given away before there was a path along the data are the same still", () => {
  for (const [word, mode] of ["line", "slerp", "geodesic"].entries()) {
    assert.equal(read(changed((content) => ((content[4] as unknown[])[1] = word)))!.choices.mode, mode);
  }
});

const WIDE = manifestOf({ dimensions: 128 });

test("six stops of 128 dimensions come through, each with an id of its own, and need no escaping in a URL", () => {
  const stops = Array.from({ length: 6 }, (_, index) => stop(`stop ${index}`, 128));
  const text = encodeScene(WIDE, { ...SCENE, choices: { ...CHOICES, stops } });
  assert.match(text, /^[A-Za-z0-9_-]+$/);
  const found = decodeScene(text, WIDE)!;
  assert.deepEqual(found.choices.stops.map(({ latent }) => latent), stops.map(({ latent }) => latent));
  assert.equal(new Set(found.choices.stops.map(({ id }) => id)).size, 6);
});

test("whatever is cut off, damaged or made up is null", () => {
  const text = encodeScene(MODEL, SCENE);
  for (let length = 0; length < text.length; length++) assert.equal(read(text.slice(0, length)), null);
  for (const bad of ["", " ", "A", "ä", "null", "../..", "eyJhIjoxfQ", text.replace(/^./, "!")]) assert.equal(read(bad), null);
  const next = random(4);
  for (let trial = 0; trial < 500; trial++) {
    assert.equal(read(Buffer.from(Uint8Array.from({ length: Math.floor(next() * 200) }, () => next() * 256)).toString("base64url")), null);
  }
});

test("a scene of another model, of another version or of other dimensions is null", () => {
  assert.equal(read(encodeScene(manifestOf({ dimensions: DIMENSIONS, decoder: "deadbeef" }), SCENE)), null);
  assert.equal(read(changed((content) => (content[0] = 3))), null);
  assert.equal(decodeScene(encodeScene(MODEL, SCENE), manifestOf({ dimensions: DIMENSIONS - 1 })), null);
  assert.equal(read(encodeScene(MODEL, { ...SCENE, choices: { ...CHOICES, stops: [stop("a"), stop("b", 3)] } })), null);
});

test("numbers that no scene can have are null", () => {
  const bad: Partial<Choices>[] = [{ frames: 1 }, { frames: 121 }, { frames: 2.5 }, { beyond: -0.1 }, { beyond: 1.1 }, { beyond: NaN }, { side: 4 }, { side: 16 }, { speed: 7 }, { stops: [stop("a")] }, { stops: [] }, { stops: Array.from({ length: 7 }, () => stop("a")) }];
  for (const change of bad) assert.equal(read(encodeScene(MODEL, { ...SCENE, choices: { ...CHOICES, ...change } })), null, JSON.stringify(Object.keys(change)));
  for (const frame of [-1, 0.5, 1e9, NaN]) assert.equal(read(encodeScene(MODEL, { ...SCENE, frame })), null);
  assert.equal(read(encodeScene(MODEL, { ...SCENE, choices: { ...CHOICES, stops: [stop("a"), { ...stop("b"), position: { x: 1e300, y: 0 } }] } })), null);
  for (const value of [NaN, Infinity]) {
    const latent = new Float32Array(DIMENSIONS).fill(value);
    assert.equal(read(encodeScene(MODEL, { ...SCENE, choices: { ...CHOICES, stops: [stop("a"), { ...stop("b"), latent }] } })), null);
    const position = { x: value, y: 0 };
    assert.equal(read(encodeScene(MODEL, { ...SCENE, choices: { ...CHOICES, stops: [stop("a"), { ...stop("b"), position }] } })), null);
  }
});

test("a frame beyond the last is the last", () => {
  const frameOf = (change: Partial<Choices>): number | undefined => read(encodeScene(MODEL, { ...SCENE, frame: 239, choices: { ...CHOICES, ...change } }))?.frame;
  assert.equal(frameOf({ shape: "path", frames: 30 }), 29);
  assert.equal(frameOf({ shape: "grid", side: 5, stops: ["a", "b", "c", "d"].map((name) => stop(name)) }), 24);
});

test("words that no scene has are null", () => {
  for (const place of [0, 1, 2, 3]) {
    for (const word of [-1, 5, 99, null, "line", "length", "at", "__proto__", [], {}]) {
      assert.equal(read(changed((content) => ((content[4] as unknown[])[place] = word))), null, `${JSON.stringify(word)} at ${place}`);
    }
  }
});

test("a grid without four corners is null: nothing could be drawn of it", () => {
  for (const count of [2, 3]) assert.equal(read(encodeScene(MODEL, { ...SCENE, choices: { ...CHOICES, stops: CHOICES.stops.slice(0, count) } })), null);
});

test("a name longer than the page would show is cut, and stops that are no stops are null", () => {
  const long = encodeScene(MODEL, { ...SCENE, choices: { ...CHOICES, stops: [stop("x".repeat(5000)), ...CHOICES.stops.slice(1)] } });
  assert.ok(read(long)!.choices.stops[0]!.name.length <= 100);
  const broken = [null, "stop", [1, 0, 0, null, 0], ["a", "0", 0, null, 0], ["a", 0, 0, -1, 0], ["a", 0, 0, 1e9, 0], ["a", 0, 0, 0.5, 0], ["a", 0, 0, null, 2], ["a", 0, 0, null], ["a"]];
  for (const stop of broken) assert.equal(read(changed((content) => ((content[3] as unknown[])[1] = stop))), null, JSON.stringify(stop));
});

test("a data point's latent travels as its number, and a scene too long for a link says what it leaves out", () => {
  const points = Array.from({ length: 6 }, (_, point) => ({ ...stop("image", 512), point }));
  const wide = manifestOf({ dimensions: 512 });
  const ofData = { ...SCENE, choices: { ...CHOICES, stops: points } };
  const short = linkedScene(wide, ofData);
  assert.equal(short.without, null);
  assert.ok(short.text.length < 1000);
  assert.deepEqual(decodeScene(short.text, wide)!.choices.stops.map(({ point, latent }) => [point, latent]), points.map(({ point }) => [point, null]));
  const free = { ...SCENE, choices: { ...CHOICES, stops: points.map((each) => ({ ...each, point: null })) } };
  const placed = linkedScene(wide, free);
  assert.match(placed.without!, /latents/);
  assert.ok(placed.text.length < 2000);
  assert.deepEqual(decodeScene(placed.text, wide)!.choices.stops.map(({ position }) => position), points.map(({ position }) => position));
});

test("on a map made anew the stops are where their latents are, and have no place of their own", () => {
  const anew = manifestOf({ dimensions: DIMENSIONS, points: "deadbeef" });
  const scene = decodeScene(encodeScene(MODEL, SCENE), anew)!;
  assert.deepEqual(scene.choices.stops.map(({ latent, position }) => [latent, position]), CHOICES.stops.map(({ latent }) => [latent, null]));
  assert.equal(scene.view, null);
  assert.equal(decodeScene(encodeScene(MODEL, SCENE, "latents"), anew), null);
});

test("the chosen stop, the view and the switched-off classes are those of this model", () => {
  const bad: Partial<SharedScene>[] = [{ chosen: 4 }, { chosen: -1 }, { view: { x: 0, y: 0, zoom: 0 } }, { view: { x: NaN, y: 0, zoom: 1 } }];
  for (const change of bad) assert.equal(read(encodeScene(MODEL, { ...SCENE, ...change })), null, JSON.stringify(change));
  assert.equal(read(encodeScene(MODEL, { ...SCENE, choices: { ...CHOICES, hidden: new Set([10]) } })), null);
});

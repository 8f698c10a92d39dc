import assert from "node:assert/strict";
import { test } from "node:test";
import { KnownGround } from "../src/plane/knownGround";
import { Mixture } from "../src/plane/mixture";
import { isWithin } from "../src/plane/nearest";
import { normal, random } from "./random";

const DIMENSIONS = 11;
const draw = normal(1);
const latents = Float32Array.from({ length: 300 * DIMENSIONS }, draw);
const nearestTo = (latent: Float32Array): number =>
  Math.min(...Array.from({ length: 300 }, (_, row) => Math.hypot(...latent.map((value, column) => value - latents[row * DIMENSIONS + column]!))));

/** N(0, I), packed as a mixture of one component. */
function standard(): Mixture {
  const triangle = Array.from({ length: DIMENSIONS }, (_, row) => Array.from({ length: row + 1 }, (__, column) => (column === row ? 1 : 0)));
  return new Mixture(Float32Array.from([0, ...new Array<number>(DIMENSIONS).fill(0), ...triangle.flat()]), DIMENSIONS);
}

test("a latent is within a distance of the rows where its nearest is", () => {
  const next = random(2);
  const seen = new Set<boolean>();
  for (let trial = 0; trial < 200; trial++) {
    const latent = Float32Array.from({ length: DIMENSIONS }, () => draw() * (1 + next()));
    const distance = 1.5 + 3 * next();
    const expected = nearestTo(latent) <= distance;
    assert.equal(isWithin(latents, latent, distance), expected);
    seen.add(expected);
  }
  assert.equal(seen.size, 2);
});

test("a data point is within no distance at all", () => {
  assert.equal(isWithin(latents, latents.slice(7 * DIMENSIONS, 8 * DIMENSIONS), 0), true);
});

const dimensions = { mean: new Array<number>(DIMENSIONS).fill(0), active: new Array<boolean>(DIMENSIONS).fill(true) };

test("far is what is both unlikely and away from every encoding", () => {
  const prior = standard();
  const [outlier, middle] = [new Float32Array(DIMENSIONS).fill(5), new Float32Array(DIMENSIONS)];
  const encodings = Float32Array.from([...latents, ...outlier]);
  const limits = { log_density: prior.logDensity(latents.slice(0, DIMENSIONS)), distance: 0.5 };
  const ground = new KnownGround(prior, limits, encodings, dimensions);
  assert.equal(ground.isFar(middle), false); // likely, though nothing is near
  assert.equal(ground.isFar(outlier), false); // unlikely, but an image was encoded to it
  assert.equal(ground.isFar(outlier.map((value) => value + 1)), true);
});

test("what a collapsed dimension holds makes nothing far", () => {
  const prior = standard();
  const encodings = Float32Array.from(latents, (value, at) => (at % DIMENSIONS === 2 ? 0.25 : value));
  const limits = { log_density: prior.logDensity(encodings.slice(0, DIMENSIONS)) + 1, distance: 0.01 };
  const collapsed = { mean: dimensions.mean.with(2, 0.25), active: dimensions.active.with(2, false) };
  const wild = encodings.slice(0, DIMENSIONS).with(2, 9);
  assert.equal(new KnownGround(prior, limits, encodings, dimensions).isFar(wild), true);
  assert.equal(new KnownGround(prior, limits, encodings, collapsed).isFar(wild), false);
  assert.equal(new KnownGround(prior, limits, encodings, collapsed).isFar(wild.map((value) => value + 5)), true);
});

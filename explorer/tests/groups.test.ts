import assert from "node:assert/strict";
import { test } from "node:test";
import { attributeVector, countsByClass, meanLatent, overlap, timesAlong } from "../src/measure/groups";
import { normal } from "./random";

const latents = Float32Array.of(0, 1, 2, 3, 10, 11, 12, 13);
const range = (from: number, to: number): Uint32Array => Uint32Array.from({ length: to - from }, (_, index) => from + index);

test("the mean of a group, and the way from one to the other", () => {
  assert.deepEqual([...meanLatent(latents, 2, Uint32Array.of(0, 1))], [1, 2]);
  assert.deepEqual([...attributeVector(latents, 2, Uint32Array.of(0, 1), Uint32Array.of(2, 3))], [10, 10]);
});

test("counts a group by class, with a 0 for a class it has none of", () => {
  assert.deepEqual([...countsByClass(Uint32Array.of(0, 2, 3), Uint8Array.of(1, 0, 2, 1), 4)], [0, 2, 1, 0]);
});

/** The smallest sum of error rates over all thresholds either way, by trying every one. */
function bruteForce(a: readonly number[], b: readonly number[]): number {
  const share = (values: readonly number[], threshold: number): number => values.filter((value) => value <= threshold).length / values.length;
  return Math.min(...[...a, ...b].map((threshold) => 1 - Math.abs(share(a, threshold) - share(b, threshold))));
}

test("the overlap is the smallest sum of two error rates that a threshold leaves", () => {
  const draw = normal(9);
  for (let trial = 0; trial < 20; trial++) {
    // Rounded, so that many are equal.
    const line = Float32Array.from({ length: 90 }, (_, index) => Math.round(4 * (draw() + (index < 50 ? 0 : 0.1 * trial))));
    const [a, b] = [range(0, 50), range(50, 90)];
    const expected = bruteForce([...line.subarray(0, 50)], [...line.subarray(50)]);
    assert.ok(Math.abs(overlap(line, 1, a, b) - expected) < 1e-12);
    assert.ok(Math.abs(overlap(line, 1, b, a) - expected) < 1e-12);
  }
});

test("two Gaussians two deviations apart overlap by 2·Φ(−1), whatever else there is", () => {
  const draw = normal(10);
  const plane = Float32Array.from({ length: 40000 }, (_, slot) => draw() + (slot % 2 === 0 && slot >= 20000 ? 2 : 0));
  const expected = 2 * 0.158655;
  assert.ok(Math.abs(overlap(plane, 2, range(0, 10000), range(10000, 20000)) - expected) < 0.02);
});

test("apart is 0, the same is 1", () => {
  assert.equal(overlap(latents, 2, Uint32Array.of(0, 1), Uint32Array.of(2, 3)), 0);
  assert.equal(overlap(latents, 2, Uint32Array.of(0, 3), Uint32Array.of(0, 3)), 1);
});

test("a latent that is not finite says nothing, and nothing waits for it", () => {
  const latents = Float32Array.of(0, NaN, 1, 5, NaN, 6);
  assert.equal(overlap(latents, 1, Uint32Array.of(0, 1, 2), Uint32Array.of(3, 4, 5)), 1);
});

test("times along a direction are told on its way, and not beside it", () => {
  const [from, direction] = [Float32Array.of(1, 2, 3), Float32Array.of(0.3, -0.5, 1.1)];
  const reached = (times: number): Float32Array => from.map((value, column) => value + times * direction[column]!);
  for (const times of [-2, -0.02, 0, 1.48, 30]) assert.ok(Math.abs(timesAlong(reached(times), from, direction)! - times) < 1e-5);
  assert.equal(timesAlong(reached(1).with(0, 1.31), from, direction), null);
  assert.equal(timesAlong(reached(1), from, new Float32Array(3)), null);
});

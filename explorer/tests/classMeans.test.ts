import assert from "node:assert/strict";
import { test } from "node:test";
import { classMeans, typicalPoints } from "../src/interpolate/classMeans";

// Class 2 comes first in the data, class 1 has no point.
const DATA = {
  labels: Uint8Array.of(2, 0, 2, 0, 0, 2),
  latents: Float32Array.of(10, 0, 1, 1, 12, 0, 0, 4, 2, 1, 17, 3),
  dimensions: 2,
};

test("a class's mean is that of its points, its typical one the nearest to it of those that are clear; classes come in their order", () => {
  const means = classMeans(DATA);
  assert.deepEqual(means.map(({ label, latent, typical }) => [label, [...latent], typical]), [
    [0, [1, 2], 4],
    [2, [13, 1], 2],
  ]);
});

test("a mean of many points is as exact as its float32", () => {
  const count = 100_000;
  const [{ latent } = { latent: new Float32Array(1) }] = classMeans({
    labels: new Uint8Array(count),
    latents: new Float32Array(count).fill(0.1),
    dimensions: 1,
  });
  assert.equal(latent[0], Math.fround(0.1));
});

test("a scene begins with typical points of classes far apart, or, without classes, with any two", () => {
  const means = Array.from({ length: 10 }, (_, label) => ({ label, latent: new Float32Array(1), typical: 100 + label }));
  assert.deepEqual(typicalPoints(means, 500, 3), [100, 105, 109]);
  assert.deepEqual(typicalPoints(means, 500, 2), [100, 109]);
  assert.deepEqual(typicalPoints(means.slice(0, 2), 500, 3), [100, 101]);
  assert.deepEqual(typicalPoints(means.slice(0, 1), 500, 3), [0, 250]);
  assert.deepEqual(typicalPoints(means.slice(0, 1), 1, 3), []);
});

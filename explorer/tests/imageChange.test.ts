import assert from "node:assert/strict";
import { test } from "node:test";
import { imageChanges } from "../src/interpolate/imageChange";

test("the change is the Euclidean distance from each image to the next", () => {
  const images = [Float32Array.of(0, 0, 0, 0), Float32Array.of(0, 0.6, 0, 0.8), Float32Array.of(0, 0.6, 0, 0.8), Float32Array.of(1, 0.6, 0, 0.8)];
  const changes = imageChanges(images);
  [1, 0, 1].forEach((wanted, step) => assert.ok(Math.abs(changes[step]! - wanted) < 1e-6));
  assert.equal(changes.length, 3);
});

test("one image alone changes into nothing", () => {
  assert.deepEqual(imageChanges([Float32Array.of(1)]), []);
  assert.deepEqual(imageChanges([]), []);
});

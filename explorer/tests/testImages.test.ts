import assert from "node:assert/strict";
import { test } from "node:test";
import { imagesOf, ofEveryClass } from "../src/compare/testImages";

test("images are of as many classes as there are, in the order of these", () => {
  const labels = [2, 2, 0, 1, 0, 2, 1, 2];
  assert.deepEqual(ofEveryClass(labels, () => true), [2, 3, 0, 4, 6, 1, 5, 7]);
  assert.deepEqual(ofEveryClass(labels, (point) => point !== 2), [4, 3, 0, 6, 1, 5, 7]);
  assert.deepEqual(ofEveryClass([], () => true), []);
});

test("of many classes there are the first eight, one each", () => {
  assert.deepEqual(ofEveryClass(Array.from({ length: 30 }, (_, point) => 29 - point), () => true), [29, 28, 27, 26, 25, 24, 23, 22]);
});

test("bytes in base64 become images in [0, 1]", () => {
  const images = imagesOf(btoa(String.fromCharCode(0, 51, 255, 102)), 2);
  assert.deepEqual(images.map((image) => [...image]), [[0, Math.fround(0.2)], [1, Math.fround(0.4)]]);
});

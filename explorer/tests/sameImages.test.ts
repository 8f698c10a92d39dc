import assert from "node:assert/strict";
import { test } from "node:test";
import { SameImages } from "../src/compare/sameImages";

const maps = (...indices: readonly (readonly number[] | null)[]): SameImages =>
  new SameImages(indices.map((of) => ({ data: "a", indices: of && Uint32Array.from(of) })));

test("an image is found by its place in the data, whatever its row", () => {
  const same = maps([7, 3, 5], [5, 7, 9, 3]);
  assert.deepEqual([0, 1, 2].map((point) => same.pointOn(1, 0, point)), [1, 3, 0]);
  assert.deepEqual([0, 1, 2, 3].map((point) => same.pointOn(0, 1, point)), [2, 0, null, 1]);
  assert.equal(same.pointOn(0, 0, 2), 2);
  assert.equal(same.placeOf(1, 2), 9);
});

test("maps of different data have nothing in common, though their numbers are the same", () => {
  const indices = Uint32Array.of(0, 1);
  const same = new SameImages([{ data: "mnist", indices }, { data: "fashion", indices }]);
  assert.equal(same.together(0, 1), false);
  assert.equal(same.pointOn(1, 0, 0), null);
  assert.deepEqual([...same.shared(0)], [1, 1], "with nobody to share with, no image is left out");
});

test("a map that does not say which images it shows has none in common with any", () => {
  const same = maps([0, 1], null);
  assert.equal(same.together(0, 1), false);
  assert.equal(same.pointOn(1, 0, 0), null);
  assert.equal(same.pointOn(0, 1, 0), null);
  assert.equal(same.placeOf(1, 0), null);
});

test("what all maps share, and a selection on another map", () => {
  const same = maps([4, 2, 0], [0, 4], [4, 0, 2]);
  assert.deepEqual([...same.shared(0)], [1, 0, 1]);
  assert.deepEqual([...same.shared(1)], [1, 1]);
  assert.deepEqual([...same.pointsOn(1, 0, Uint32Array.of(0, 1, 2))], [1, 0]);
});

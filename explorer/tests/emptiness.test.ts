import assert from "node:assert/strict";
import { test } from "node:test";
import { Emptiness } from "../src/measure/emptiness";
import { normal, random } from "./random";

const draw = normal(3);
const points = Float32Array.from({ length: 2400 }, (_, slot) => (slot < 1600 ? 2 : 7) + draw() * (slot < 1600 ? 0.5 : 1));
const bounds = { left: -1, bottom: -1, right: 12, top: 11 };
const emptiness = new Emptiness(points, bounds);

/** The distance to the k-th nearest of the points, by sorting all. */
function distanceTo(k: number, x: number, y: number): number {
  const distances = Float64Array.from({ length: points.length / 2 }, (_, index) =>
    Math.hypot(points[2 * index]! - x, points[2 * index + 1]! - y),
  );
  return distances.sort()[k - 1]!;
}

test("the limit is what 99 % of the points keep to their 16th-nearest other", () => {
  const distances = Float64Array.from({ length: 1200 }, (_, index) => distanceTo(17, points[2 * index]!, points[2 * index + 1]!));
  assert.ok(Math.abs(emptiness.limit - distances.sort()[Math.ceil(0.99 * 1200) - 1]!) < 1e-9);
});

test("a position is far where its 16th-nearest point is beyond the limit, inside the bounds and outside", () => {
  const next = random(5);
  const found = { far: 0, near: 0 };
  for (let trial = 0; trial < 1000; trial++) {
    const [x, y] = [next() * 20 - 4, next() * 20 - 4];
    const far = distanceTo(16, x, y) > emptiness.limit;
    assert.equal(emptiness.isFar({ x, y }), far);
    found[far ? "far" : "near"]++;
  }
  assert.ok(found.far > 100 && found.near > 100);
});

test("about 1 % of the points are far, the point itself not counted", () => {
  const distances = Array.from({ length: 1200 }, (_, index) => distanceTo(17, points[2 * index]!, points[2 * index + 1]!));
  assert.equal(distances.filter((distance) => distance > emptiness.limit + 1e-9).length, 12);
});

test("the mask is what is asked at the middle of each cell, the bottom row first", () => {
  const mask = emptiness.farGrid(26, 24);
  for (let row = 0; row < 24; row++) {
    for (let column = 0; column < 26; column++) {
      const position = { x: -1 + (column + 0.5) * 0.5, y: -1 + (row + 0.5) * 0.5 };
      assert.equal(mask[row * 26 + column], emptiness.isFar(position) ? 1 : 0);
    }
  }
});

test("sixteen points say nothing of what is far; seventeen do", () => {
  const few = points.slice(0, 32);
  assert.equal(new Emptiness(few, bounds).isFar({ x: 1e6, y: 1e6 }), false);
  assert.ok(new Emptiness(few, bounds).farGrid(3, 3).every((far) => far === 0));
  assert.equal(new Emptiness(points.slice(0, 34), bounds).isFar({ x: 1e6, y: 1e6 }), true);
  assert.equal(new Emptiness(new Float32Array(0), bounds).isFar({ x: 0, y: 0 }), false);
});

test("points on one spot do not break it", () => {
  const spot = new Emptiness(new Float32Array(200).fill(3), { left: 3, bottom: 3, right: 3, top: 3 });
  assert.equal(spot.limit, 0);
  assert.equal(spot.isFar({ x: 3, y: 3 }), false);
  assert.equal(spot.isFar({ x: 3.1, y: 3 }), true);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { PointIndex } from "../src/map/pointIndex";

/** A small linear congruential generator: the same points every time. */
function random(): () => number {
  let state = 12345;
  return () => (state = (1103515245 * state + 12345) % 2 ** 31) / 2 ** 31;
}

const next = random();
const points = Float32Array.from({ length: 2000 }, () => next() ** 2 * 10);
const bounds = { left: 0, bottom: 0, right: 10, top: 10 };
const index = new PointIndex(points, bounds);

function bruteForce(x: number, y: number): { nearest: number; distance: number } {
  let nearest = -1;
  let distance = Infinity;
  for (let point = 0; point < points.length / 2; point++) {
    const away = Math.hypot(points[2 * point]! - x, points[2 * point + 1]! - y);
    if (away < distance) [nearest, distance] = [point, away];
  }
  return { nearest, distance };
}

test("finds what looking at every point finds, inside the bounds and outside", () => {
  for (let trial = 0; trial < 300; trial++) {
    const x = next() * 14 - 2;
    const y = next() * 14 - 2;
    const { nearest, distance } = bruteForce(x, y);
    assert.equal(index.nearestOfAll({ x, y }), nearest);
    assert.equal(index.nearest({ x, y }, distance * 1.001), nearest);
    assert.equal(index.nearest({ x, y }, distance * 0.999), null);
  }
});

test("no points, nothing near", () => {
  assert.equal(new PointIndex(new Float32Array(0), bounds).nearestOfAll({ x: 1, y: 1 }), null);
});

test("points on one spot do not break the grid", () => {
  const flat = new PointIndex(Float32Array.of(3, 3, 3, 3), { left: 3, bottom: 3, right: 3, top: 3 });
  assert.notEqual(flat.nearestOfAll({ x: 0, y: 0 }), null);
});

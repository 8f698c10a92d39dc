import assert from "node:assert/strict";
import { test } from "node:test";
import { contours } from "../src/measure/contours";
import { type DensityGrid, densityAt } from "../src/measure/density";
import { random } from "./random";

function gridOf(columns: number, rows: number, value: (x: number, y: number) => number): DensityGrid {
  const cell = 0.5;
  const values = Float32Array.from({ length: columns * rows }, (_, slot) =>
    value(1 + ((slot % columns) + 0.5) * cell, 2 + (Math.floor(slot / columns) + 0.5) * cell),
  );
  return { columns, rows, cell, left: 1, bottom: 2, values };
}

/** Twice the area of a ring, positive when it runs anticlockwise. */
function area(points: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < points.length; at += 2) {
    const next = (at + 2) % points.length;
    sum += points[at]! * points[next + 1]! - points[next]! * points[at + 1]!;
  }
  return sum;
}

test("a cone's contour is one closed circle, its inside to the left", () => {
  const cone = gridOf(40, 40, (x, y) => 10 - Math.hypot(x - 11, y - 12));
  const [contour] = contours(cone, [4]);
  assert.equal(contour!.lines.length, 1);
  const { closed, points } = contour!.lines[0]!;
  assert.equal(closed, true);
  for (let at = 0; at < points.length; at += 2) {
    assert.ok(Math.abs(Math.hypot(points[at]! - 11, points[at + 1]! - 12) - 6) < 0.02);
  }
  assert.ok(Math.abs(area(points) / 2 - Math.PI * 36) < 1);
});

test("a slope's contour is one open line, straight and exact", () => {
  const [contour] = contours(gridOf(6, 9, (x) => x), [2.1]);
  assert.equal(contour!.lines.length, 1);
  const { closed, points } = contour!.lines[0]!;
  assert.equal(closed, false);
  assert.equal(points.length / 2, 9);
  for (let at = 0; at < points.length; at += 2) assert.ok(Math.abs(points[at]! - 2.1) < 1e-6);
});

test("on any grid every line lies on its level, steps no further than a cell, and ends only at the edge", () => {
  const next = random(7);
  const noise = gridOf(31, 23, () => next());
  const edges = { left: 1.25, right: 1.25 + 30 * 0.5, bottom: 2.25, top: 2.25 + 22 * 0.5 };
  const onEdge = (x: number, y: number): boolean => x === edges.left || x === edges.right || y === edges.bottom || y === edges.top;
  const levels = [0.2, 0.5, 0.8];
  let crossings = 0;
  contours(noise, levels).forEach(({ lines }, slot) => {
    for (const { closed, points } of lines) {
      crossings += points.length / 2;
      const ends = closed ? points.length : points.length - 2;
      for (let at = 0; at < points.length; at += 2) {
        assert.ok(Math.abs(densityAt(noise, { x: points[at]!, y: points[at + 1]! }) - levels[slot]!) < 1e-4 || onEdge(points[at]!, points[at + 1]!));
      }
      for (let at = 0; at < ends; at += 2) {
        const then = (at + 2) % points.length;
        assert.ok(Math.hypot(points[at]! - points[then]!, points[at + 1]! - points[then + 1]!) < 0.5 * Math.SQRT2 + 1e-6);
      }
      if (!closed) {
        assert.ok(onEdge(points[0]!, points[1]!) && onEdge(points.at(-2)!, points.at(-1)!));
      }
    }
  });
  // Every pair of neighbours that the level separates is crossed exactly once.
  let expected = 0;
  for (const level of levels) {
    for (let row = 0; row < 23; row++) {
      for (let column = 0; column < 31; column++) {
        const high = noise.values[row * 31 + column]! > level;
        if (column < 30 && high !== noise.values[row * 31 + column + 1]! > level) expected++;
        if (row < 22 && high !== noise.values[(row + 1) * 31 + column]! > level) expected++;
      }
    }
  }
  assert.equal(crossings, expected);
});

test("at a saddle the middle decides which corners hang together", () => {
  const saddle = (high: number): Float32Array => Float32Array.of(0, 0, 0, 0, 0, high, 0, 0, 0, 0, high, 0, 0, 0, 0, 0);
  const grid = (high: number): DensityGrid => ({ columns: 4, rows: 4, cell: 1, left: 0, bottom: 0, values: saddle(high) });
  assert.equal(contours(grid(1), [0.6])[0]!.lines.length, 2);
  assert.equal(contours(grid(1), [0.4])[0]!.lines.length, 1);
});

test("a level that nothing is above has no lines", () => {
  const flat = gridOf(5, 5, () => 0);
  assert.deepEqual(contours(flat, [0, 1]).map(({ lines }) => lines.length), [0, 0]);
});

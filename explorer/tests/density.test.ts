import assert from "node:assert/strict";
import { test } from "node:test";
import { densityAt, densityOf, densityOfPoints, massLevels } from "../src/measure/density";
import { normal } from "./random";

const bounds = { left: -10, bottom: -5, right: 10, top: 5 };
const draw = normal();
/** Two hills: 600 points round (−5, 0), 200 round (5, 1). */
const points = Float32Array.from({ length: 1600 }, (_, slot) => {
  const centre = slot < 1200 ? [-5, 0] : [5, 1];
  return centre[slot % 2]! + 0.8 * draw();
});
const grid = densityOf(points, bounds, { bandwidth: 0.3 });

/** Points a square unit: the sum of their kernels. */
function bruteForce(x: number, y: number, bandwidth: number): number {
  let sum = 0;
  for (let index = 0; index < points.length; index += 2) {
    const square = (points[index]! - x) ** 2 + (points[index + 1]! - y) ** 2;
    sum += Math.exp(-square / (2 * bandwidth ** 2)) / (2 * Math.PI * bandwidth ** 2);
  }
  return sum;
}

test("is the sum of the points' kernels", () => {
  const most = bruteForce(-5, 0, 0.3);
  for (let x = -10; x <= 10; x += 0.7) {
    for (let y = -5; y <= 5; y += 0.7) {
      assert.ok(Math.abs(densityAt(grid, { x, y }) - bruteForce(x, y, 0.3)) < 0.02 * most, `at ${x}, ${y}`);
    }
  }
});

test("holds every point once", () => {
  const mass = grid.values.reduce((sum, value) => sum + value, 0) * grid.cell ** 2;
  assert.ok(Math.abs(mass - 800) < 0.1);
});

test("covers the bounds with a little padding, 192 cells on the longer side", () => {
  assert.equal(grid.columns, 192);
  assert.ok(grid.left < bounds.left && grid.bottom < bounds.bottom);
  assert.ok(grid.left + grid.columns * grid.cell > bounds.right && grid.bottom + grid.rows * grid.cell > bounds.top);
  assert.ok(grid.rows * grid.cell < 13);
});

test("at the points it is what it is at their positions, and nothing off the grid", () => {
  const densities = densityOfPoints(grid, points);
  assert.equal(densities[7], Math.fround(densityAt(grid, { x: points[14]!, y: points[15]! })));
  assert.equal(densityAt(grid, { x: 1000, y: 0 }), 0);
  assert.equal(densityAt(grid, { x: NaN, y: 0 }), 0);
});

test("a level holds its share of the points", () => {
  const shares = [0.25, 0.5, 0.75, 0.95];
  const levels = massLevels(grid, shares);
  const densities = densityOfPoints(grid, points);
  levels.forEach((level, slot) => {
    const mass = grid.values.reduce((sum, value) => sum + (value >= level ? value : 0), 0);
    const whole = grid.values.reduce((sum, value) => sum + value, 0);
    assert.ok(Math.abs(mass / whole - shares[slot]!) < 0.005);
    const inside = densities.filter((density) => density >= level).length / densities.length;
    assert.ok(Math.abs(inside - shares[slot]!) < 0.12, `${inside} of the points for ${shares[slot]}`);
  });
  assert.deepEqual(levels, [...levels].sort((a, b) => b - a));
});

test("points that are not visible do not count", () => {
  const visible = Uint8Array.from({ length: 800 }, (_, index) => (index < 600 ? 1 : 0));
  const left = densityOf(points, bounds, { bandwidth: 0.3, visible });
  assert.ok(densityAt(left, { x: 5, y: 1 }) < 1e-6);
  assert.ok(Math.abs(densityAt(left, { x: -5, y: 0 }) - densityAt(grid, { x: -5, y: 0 })) < 0.01);
});

test("Scott's bandwidth stays between 0.6 and 3 % of the longer side", () => {
  /** The width of the kernels: what the density is wider than the points. */
  const width = (spread: number): number => {
    const spots = Float32Array.from({ length: 2000 }, () => spread * draw());
    const { values, columns, cell, left } = densityOf(spots, { left: -20, bottom: -20, right: 20, top: 20 });
    const square = values.reduce((sum, value, slot) => sum + value * (left + ((slot % columns) + 0.5) * cell) ** 2, 0);
    const spotSquare = spots.reduce((sum, value, slot) => sum + (slot % 2 === 0 ? value * value : 0), 0);
    return Math.sqrt((square * cell * cell - spotSquare) / 1000);
  };
  assert.ok(Math.abs(width(0) / (0.006 * 40) - 1) < 0.15);
  assert.ok(Math.abs(width(2) / (2 * 1000 ** (-1 / 6)) - 1) < 0.05);
  assert.ok(Math.abs(width(4.5) / (0.03 * 40) - 1) < 0.05);
});

test("no points, or all on one spot without an extent, are no error", () => {
  const empty = densityOf(new Float32Array(0), bounds);
  assert.ok(empty.values.every((value) => value === 0));
  assert.deepEqual(massLevels(empty, [0.5]), [0]);
  const spot = { left: 3, bottom: 3, right: 3, top: 3 };
  assert.ok(densityAt(densityOf(Float32Array.of(3, 3), spot), { x: 3, y: 3 }) > 0);
});

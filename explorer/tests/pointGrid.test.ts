import assert from "node:assert/strict";
import { test } from "node:test";
import { NearestList } from "../src/plane/nearestList";
import { PointGrid } from "../src/plane/pointGrid";
import { normal, random } from "./random";

const draw = normal(2);
const next = random(12345);

function filled(count: number, point: (index: number) => readonly [number, number]): Float32Array {
  return Float32Array.from(Array.from({ length: count }, (_, index) => point(index)).flat());
}

const MAPS: Readonly<Record<string, Float32Array>> = {
  "one point": Float32Array.of(3, -4),
  "two points": Float32Array.of(3, -4, 5, 1),
  "three on a line": Float32Array.of(0, 0, 1, 1, 2, 2),
  "all equal": new Float32Array(400).fill(3),
  "half of them duplicates": filled(300, (index) => [Math.sin(7 * (index >> 1)), Math.cos(3 * (index >> 1))]),
  "a level line": filled(500, (index) => [index / 7, 2]),
  "an upright line": filled(500, (index) => [-5, index * index]),
  "a lattice": filled(900, (index) => [index % 30, Math.floor(index / 30)]),
  "two far clusters": filled(1000, (index) => [draw() + (index % 2) * 1e5, draw()]),
  "one far outlier": filled(700, (index) => (index === 3 ? [1e7, -1e7] : [draw(), draw()])),
  "a square": filled(1000, () => [next() ** 2 * 10, next() ** 2 * 10]),
};

/** The square distances of the points to a position, the nearest first. */
function sortedSquares(points: Float32Array, x: number, y: number, visible: Uint8Array | null = null): number[] {
  const squares = Array.from({ length: points.length / 2 }, (_, point) => (points[2 * point]! - x) ** 2 + (points[2 * point + 1]! - y) ** 2);
  return squares.filter((_, point) => visible?.[point] !== 0).sort((a, b) => a - b);
}

/** Positions on points, between them and up to three map widths outside. */
function positions(points: Float32Array): { x: number; y: number }[] {
  const xs = points.filter((_, slot) => slot % 2 === 0);
  const ys = points.filter((_, slot) => slot % 2 === 1);
  const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const side = Math.max(right - left, top - bottom) || 1;
  const around = Array.from({ length: 60 }, () => ({ x: left + (7 * next() - 3) * side, y: bottom + (7 * next() - 3) * side }));
  const inside = Array.from({ length: 60 }, () => ({ x: left + next() * (right - left), y: bottom + next() * (top - bottom) }));
  const on = Array.from({ length: 20 }, (_, index) => (index * 37) % xs.length).map((point) => ({ x: xs[point]!, y: ys[point]! }));
  return [...around, ...inside, ...on];
}

const squareTo = (points: Float32Array, point: number, x: number, y: number): number =>
  (points[2 * point]! - x) ** 2 + (points[2 * point + 1]! - y) ** 2;

for (const [name, points] of Object.entries(MAPS)) {
  const count = points.length / 2;
  const visible = Uint8Array.from({ length: count }, (_, point) => (point % 3 === 0 ? 1 : 0));

  for (const cell of [null, 0.3]) {
    const grid = new PointGrid(points, cell);

    test(`finds on ${name} what sorting all points finds, in cells ${cell ?? "made to measure"}`, () => {
      for (const { x, y } of positions(points)) {
        for (const mask of [null, visible]) {
          const expected = sortedSquares(points, x, y, mask);
          const list = new NearestList(48);
          grid.search({ x, y }, list, mask);
          assert.deepEqual([...list.squares.subarray(0, list.count)], expected.slice(0, 48));
          list.rows.subarray(0, list.count).forEach((row, place) => assert.equal(squareTo(points, row, x, y), expected[place]));
          assert.equal(new Set(list.rows.subarray(0, list.count)).size, Math.min(48, expected.length));
          assert.equal(squareTo(points, grid.nearestOfAll({ x, y }, mask)!, x, y), expected[0]);
          const reach = Math.sqrt(expected[0]!);
          assert.equal(squareTo(points, grid.nearest({ x, y }, reach * 1.001 + 1e-9, mask)!, x, y), expected[0]);
          if (reach > 0) assert.equal(grid.nearest({ x, y }, reach * 0.999, mask), null);
        }
      }
    });

    test(`counts on ${name} the points within a radius, in cells ${cell ?? "made to measure"}`, () => {
      for (const { x, y } of positions(points)) {
        const squares = sortedSquares(points, x, y);
        const wanted = Math.min(16, count);
        const radius = Math.sqrt(squares[wanted - 1]!) + 1e-9;
        assert.equal(grid.holds({ x, y }, radius * 1.001, wanted), true);
        if (squares[wanted - 1]! > 0) assert.equal(grid.holds({ x, y }, (radius - 1e-9) * 0.999, wanted), false);
        assert.equal(grid.holds({ x, y }, Infinity, count + 1), false);
      }
    });
  }
}

test("no points, nothing near", () => {
  const none = new PointGrid(new Float32Array(0));
  assert.equal(none.nearestOfAll({ x: 1, y: 1 }), null);
  assert.equal(none.nearest({ x: 1, y: 1 }, Infinity), null);
  assert.equal(none.holds({ x: 1, y: 1 }, Infinity, 1), false);
});

test("where all are hidden, none is found", () => {
  assert.equal(new PointGrid(Float32Array.of(1, 2, 3, 4)).nearestOfAll({ x: 1, y: 1 }, new Uint8Array(2)), null);
});

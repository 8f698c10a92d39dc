import assert from "node:assert/strict";
import { test } from "node:test";
import { distance, type Position } from "../src/base/geometry";
import { pointsInside, simplified } from "../src/measure/polygon";
import { random } from "./random";

const next = random(2);
const points = Float32Array.from({ length: 4000 }, () => next() * 10);
const square: readonly Position[] = [{ x: 2, y: 3 }, { x: 6, y: 3 }, { x: 6, y: 8 }, { x: 2, y: 8 }];
const circle = (count: number, radius: number): Position[] =>
  Array.from({ length: count }, (_, step) => {
    const angle = (2 * Math.PI * step) / count;
    return { x: 5 + radius * Math.cos(angle), y: 5 + radius * Math.sin(angle) };
  });

const where = (inside: (x: number, y: number) => boolean): number[] =>
  Array.from({ length: 2000 }, (_, index) => index).filter((index) => inside(points[2 * index]!, points[2 * index + 1]!));

test("finds the points in a square, whichever way round it was drawn", () => {
  const expected = where((x, y) => x > 2 && x < 6 && y > 3 && y < 8);
  assert.deepEqual([...pointsInside(square, points)], expected);
  assert.deepEqual([...pointsInside(square.toReversed(), points)], expected);
});

test("finds the points in a star with notches", () => {
  const star = circle(400, 1).map(({ x, y }, step) => {
    const reach = 3 + 1.5 * Math.sin((step / 400) * 10 * Math.PI);
    return { x: 5 + (x - 5) * reach, y: 5 + (y - 5) * reach };
  });
  const expected = where((x, y) => {
    const angle = Math.atan2(y - 5, x - 5);
    return Math.hypot(x - 5, y - 5) < 3 + 1.5 * Math.sin(5 * (angle < 0 ? angle + 2 * Math.PI : angle));
  });
  const found = [...pointsInside(star, points)];
  const wrong = [...found.filter((index) => !expected.includes(index)), ...expected.filter((index) => !found.includes(index))].length;
  assert.ok(wrong <= 2, `${wrong} of 2000 differ`);
});

test("what a line goes round twice is out", () => {
  const twice = [...circle(100, 4), ...circle(100, 2)];
  const found = new Set(pointsInside(twice, points));
  // Off the narrow bridge that joins the two circles.
  const ring = where((x, y) => Math.hypot(x - 5, y - 5) < 3.98 && Math.hypot(x - 5, y - 5) > 2.02 && Math.abs(y - 5) > 0.3);
  assert.ok(ring.every((index) => found.has(index)));
  assert.ok(where((x, y) => Math.hypot(x - 5, y - 5) < 1.98).every((index) => !found.has(index)));
});

test("a point on the line between two polygons is in exactly one of them", () => {
  const left = [{ x: 0, y: 0 }, { x: 1, y: 0 }, { x: 1, y: 2 }, { x: 0, y: 2 }];
  const right = left.map(({ x, y }) => ({ x: x + 1, y }));
  const between = Float32Array.of(1, 0.5, 1, 1, 1, 1.5);
  assert.equal(pointsInside(left, between).length + pointsInside(right, between).length, 3);
});

test("a point that is not visible is left out; no polygon holds none", () => {
  const visible = Uint8Array.from({ length: 2000 }, (_, index) => index % 2);
  assert.deepEqual([...pointsInside(square, points, visible)], [...pointsInside(square, points)].filter((index) => index % 2));
  assert.equal(pointsInside([], points).length, 0);
  assert.equal(pointsInside(square.slice(0, 2), points).length, 0);
});

test("a simplified line keeps its corners and stays within the tolerance", () => {
  const many = square.flatMap((corner, index) => {
    const following = square[(index + 1) % 4]!;
    return Array.from({ length: 250 }, (_, step) => ({
      x: corner.x + ((following.x - corner.x) * step) / 250 + 0.01 * next(),
      y: corner.y + ((following.y - corner.y) * step) / 250 + 0.01 * next(),
    }));
  });
  const few = simplified(many, 0.05);
  assert.ok(few.length >= 4 && few.length <= 8, `${few.length} vertices`);
  for (const corner of square) assert.ok(Math.min(...few.map((vertex) => distance(vertex, corner))) < 0.03);
  for (const vertex of few) assert.ok(many.includes(vertex));
});

test("never more than 200 vertices, and what is inside hardly changes", () => {
  const ragged = circle(5000, 4).map(({ x, y }) => ({ x: x + 0.05 * next(), y: y + 0.05 * next() }));
  const few = simplified(ragged, 0);
  assert.equal(few.length, 200);
  const change = Math.abs(pointsInside(few, points).length - pointsInside(ragged, points).length);
  assert.ok(change < 20, `${change} points`);
});

test("what is too short to simplify stays as it is", () => {
  assert.deepEqual(simplified([], 1), []);
  assert.deepEqual(simplified(square.slice(0, 3), 100), square.slice(0, 3));
});

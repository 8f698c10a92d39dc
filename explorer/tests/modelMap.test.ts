import assert from "node:assert/strict";
import { test } from "node:test";
import { ModelMap } from "../src/plane/modelMap";
import { Neighbourhoods } from "../src/plane/neighbourhoods";
import { planeOfAxes } from "../src/plane/linearMap";
import { planeOfComponents } from "../src/plane/ownPlane";
import { principalPlane } from "../src/plane/principalPlane";
import { normal } from "./random";

const draw = normal(9);
const points = Float32Array.from({ length: 2 * 3000 }, draw);

/** Latents that are a plane over the map: three dimensions of two. */
const onPlane = (x: number, y: number): number[] => [2 * x - y + 1, y, 0.5 * x + 3];
const latents = Float32Array.from(Array.from({ length: 3000 }, (_, point) => onPlane(points[2 * point]!, points[2 * point + 1]!)).flat());
const plane = new Neighbourhoods(points, latents, latents);
const map = new ModelMap(plane, 0.5);

const near = (actual: ArrayLike<number>, expected: readonly number[], within: number): void =>
  expected.forEach((value, index) => assert.ok(Math.abs(actual[index]! - value) <= within, `${actual[index]} is not ${value}`));

test("latents that are a plane over the map come back", () => {
  for (const [x, y] of [[0, 0], [0.5, -0.7], [-1, 0.2]] as const) near(map.latentAt({ x, y }, null), onPlane(x, y), 0.02);
});

test("many at once are what each is alone", () => {
  const positions = Float32Array.of(0.5, 0.25, -1, 2, 40, 3);
  const alone = [0, 2, 4].flatMap((at) => [...map.latentAt({ x: positions[at]!, y: positions[at + 1]! }, null)]);
  assert.deepEqual([...map.latentsAt(positions)], alone);
  const places = [0, 3, 6].flatMap((at) => Object.values(map.positionOf(Float32Array.from(alone.slice(at, at + 3)))));
  assert.deepEqual([...map.positionsOf(Float32Array.from(alone))], places);
});

test("a latent is found among the points most like it", () => {
  const { x, y } = map.positionOf(Float32Array.from(onPlane(0.3, -0.4)));
  near([x, y], [0.3, -0.4], 0.1);
});

test("the way back is fitted to what it is told, the way there to the latents", () => {
  const moved = new Neighbourhoods(points, latents, latents.map((value) => value + 5));
  near(moved.latentsAt(Float32Array.of(0.5, 0.25)), onPlane(0.5, 0.25).map((value) => value + 5), 0.02);
  assert.deepEqual(moved.positionsOf(latents.slice(0, 3)), plane.positionsOf(latents.slice(0, 3)));
});

test("through an anchor the map gives its very latent there, and elsewhere what is left of the difference", () => {
  const anchor = { position: { x: 0.5, y: 0.25 }, latent: Float32Array.of(9, -9, 9) };
  assert.deepEqual(map.latentAt(anchor.position, anchor), anchor.latent);
  const beside = { x: 0.5, y: 0.75 };
  const [there, here] = [map.latentAt(anchor.position, null), map.latentAt(beside, null)];
  const expected = anchor.latent.map((value, column) => here[column]! + Math.exp(-0.5) * (value - there[column]!));
  near(map.latentAt(beside, anchor), [...expected], 1e-5);
  assert.deepEqual(map.latentAt({ x: 30, y: 30 }, anchor), map.latentAt({ x: 30, y: 30 }, null));
});

test("another anchor is another map, though it stands on the same spot", () => {
  const position = { x: 0.5, y: 0.25 };
  const first = { position, latent: Float32Array.of(9, -9, 9) };
  const second = { position, latent: Float32Array.of(1, 2, 3) };
  const beside = { x: 0.6, y: 0.25 };
  const before = map.latentAt(beside, first);
  assert.notDeepEqual(map.latentAt(beside, second), before);
  assert.deepEqual(map.latentAt(beside, first), before);
});

test("a single point is the whole map", () => {
  const alone = new Neighbourhoods(Float32Array.of(3, 4), Float32Array.of(1, 2), Float32Array.of(1, 2));
  assert.deepEqual([...alone.latentsAt(Float32Array.of(3, 4, -50, 0))], [1, 2, 1, 2]);
  assert.deepEqual([...alone.positionsOf(Float32Array.of(1, 2, 7, 7))], [3, 4, 3, 4]);
});

test("the principal components of a map lead back to their directions, however close their variances", () => {
  const columns = 5;
  const values = Float32Array.from({ length: 400 * columns }, draw);
  const { offset, basis, ...principal } = principalPlane(values, columns);
  const positions = new Float32Array(800);
  values.forEach((value, slot) => {
    const [point, column] = [Math.floor(slot / columns), slot % columns];
    for (const row of [0, 1]) positions[2 * point + row]! += (value - offset[column]!) * basis[row * columns + column]!;
  });
  assert.ok(principal.explained! < 0.5);
  const found = planeOfComponents(positions, values, offset);
  near(found.basis, [...basis], 1e-4);
  near(found.offset, [...offset], 0);
});

test("latents without a second component have a plane that is a line", () => {
  const line = planeOfComponents(Float32Array.of(-1, 0, 1, 0), Float32Array.of(4, 6), Float32Array.of(5));
  assert.deepEqual([...line.basis], [1, 0]);
  assert.deepEqual([...line.latentsAt(Float32Array.of(2, 7))], [7]);
});

test("the plane of axes holds the other dimensions at their mean", () => {
  const axes = planeOfAxes([2, 0], Float32Array.of(1, 2, 3, 4));
  assert.deepEqual([...axes.latentsAt(Float32Array.of(7, 8))], [8, 2, 7, 4]);
  assert.deepEqual(axes.positionOf(Float32Array.of(8, 5, 7, 5)), { x: 7, y: 8 });
  assert.deepEqual([...planeOfAxes([0], Float32Array.of(6)).latentsAt(Float32Array.of(7, 8))], [7]);
});

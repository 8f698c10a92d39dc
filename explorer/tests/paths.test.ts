import assert from "node:assert/strict";
import { test } from "node:test";
import { equalSteps, finely, flat, gridBetween, line, type Path, polyline, slerp, travelled } from "../src/interpolate/paths";
import { normal } from "./random";

const draw = normal(21);
const latent = (length = 1, dimensions = 5): Float32Array => {
  const values = Float32Array.from({ length: dimensions }, draw);
  const norm = Math.hypot(...values);
  return values.map((value) => (value * length) / norm);
};
const near = (found: Float32Array, wanted: ArrayLike<number>, within = 1e-5): void => {
  assert.equal(found.length, wanted.length);
  found.forEach((value, dimension) => assert.ok(Math.abs(value - wanted[dimension]!) <= within, `${found} is not ${Array.from(wanted)}`));
};
const angleBetween = (a: Float32Array, b: Float32Array): number => {
  const inner = a.reduce((sum, value, dimension) => sum + value * b[dimension]!, 0);
  return Math.acos(Math.min(1, Math.max(-1, inner / (Math.hypot(...a) * Math.hypot(...b)))));
};
const distances = (latents: readonly Float32Array[]): number[] =>
  latents.slice(1).map((row, index) => Math.hypot(...row.map((value, dimension) => value - latents[index]![dimension]!)));

const KINDS: readonly [string, (stops: readonly Float32Array[]) => Path][] = [
  ["line", line],
  ["slerp", slerp],
  ["polyline", (stops) => polyline(stops, 1)],
];

for (const [name, along] of KINDS) {
  test(`${name}: every stop is met to the last bit, and the stops stay as they were`, () => {
    const stops = [latent(2), latent(0.5), latent(3), latent(3), latent(1e-3), latent(40)];
    const before = stops.map((stop) => stop.slice());
    const path = along(stops);
    stops.forEach((stop, k) => assert.deepEqual(path(k), stop));
    path(0)[0] = 99;
    assert.deepEqual(stops, before);
  });
}

test("a line is straight, and goes on beyond its ends as it was going", () => {
  const path = line([Float32Array.of(0, 0), Float32Array.of(1, 2), Float32Array.of(5, 2)]);
  near(path(0.25), [0.25, 0.5]);
  near(path(1.75), [4, 2]);
  near(path(-0.5), [-0.5, -1]);
  near(path(2.5), [7, 2]);
});

test("between stops of unequal lengths a great circle turns evenly and its length changes evenly", () => {
  const [a, b] = [latent(1), latent(7)];
  const path = slerp([a, b]);
  const angle = angleBetween(a, b);
  for (const share of [0.1, 0.25, 0.5, 0.9]) {
    assert.ok(Math.abs(Math.hypot(...path(share)) - (1 + 6 * share)) < 1e-4);
    assert.ok(Math.abs(angleBetween(a, path(share)) - share * angle) < 1e-4);
    assert.ok(Math.abs(angleBetween(path(share), b) - (1 - share) * angle) < 1e-4);
  }
});

test("a great circle goes on round beyond its ends", () => {
  const path = slerp([Float32Array.of(1, 0, 0), Float32Array.of(0, 1, 0)]);
  const half = Math.SQRT1_2;
  near(path(-0.5), [half, -half, 0]);
  near(path(1.5), [-half, half, 0]);
});

test("opposite stops, exactly or nearly, are joined by a half circle that never passes the origin", () => {
  const a = latent(2);
  const nearly = a.map((value, dimension) => -value * (1 + (dimension === 1 ? 1e-6 : 0)));
  for (const b of [a.map((value) => -value), nearly]) {
    const path = slerp([a, b]);
    const walked = Array.from({ length: 41 }, (_, step) => path(step / 40));
    for (const place of walked) assert.ok(Math.abs(Math.hypot(...place) - 2) < 1e-3);
    assert.ok(Math.abs(angleBetween(a, path(0.5)) - Math.PI / 2) < 1e-3);
    const steps = distances(walked);
    assert.ok(Math.max(...steps) - Math.min(...steps) < 1e-3);
  }
});

test("to the origin, from it, and between stops of one direction a great circle is straight", () => {
  const a = Float32Array.of(1, 2, -2);
  const zero = new Float32Array(3);
  near(slerp([a, zero])(0.25), [0.75, 1.5, -1.5]);
  near(slerp([zero, a])(0.25), [0.25, 0.5, -0.5]);
  near(slerp([zero, zero])(0.3), [0, 0, 0]);
  near(slerp([a, a.map((value) => 3 * value)])(0.5), [2, 4, -4]);
  near(slerp([Float32Array.of(1), Float32Array.of(3)])(0.5), [2]);
});

test("where there is one dimension a great circle has no room to turn, and is straight", () => {
  const path = slerp([-1, 2, -2].map((value) => Float32Array.of(value)));
  near(path(0.5), [0.5]);
  near(path(1.25), [1]);
  near(path(-1), [-4]);
});

test("a polyline passes its points, and beyond its ends goes straight on as fast as its end segments are long", () => {
  const points = [[0, 0], [1, 0], [1, 3], [2, 3], [2, 2]].map((point) => Float32Array.from(point));
  const path = polyline(points, 2);
  points.forEach((point, index) => near(path(index / 2), point));
  near(path(0.75), [1, 1.5]);
  near(path(-0.5), [-2, 0]); // the first segment is 1 + 3 long
  near(path(2.5), [2, 1]); // the last one 1 + 1
  near(polyline([points[0]!, points[0]!, points[1]!], 2)(-1), [0, 0]); // it stands still where it has no direction
});

for (const [name, along] of KINDS) {
  test(`${name}: equal steps are equal, from end to end`, () => {
    for (const beyond of [0, 0.5]) {
      const path = along([latent(1), latent(2)]);
      const parameters = equalSteps(travelled(path, finely(2, beyond)), 30);
      assert.equal(parameters[0], 0 - beyond);
      assert.equal(parameters.at(-1), 1 + beyond);
      const steps = distances(parameters.map(path));
      const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
      steps.forEach((step) => assert.ok(Math.abs(step / mean - 1) < 0.02, `${step} against ${mean}`));
    }
  });
}

test("a long part of a path gets the frames that it is long", () => {
  const path = line([Float32Array.of(0), Float32Array.of(1), Float32Array.of(10)]);
  const parameters = equalSteps(travelled(path, finely(3, 0)), 11);
  parameters.forEach((parameter, frame) => near(path(parameter), [frame]));
});

test("where nothing moves the frames are spread over the parameter, and two frames are the ends", () => {
  const stop = latent();
  assert.deepEqual(equalSteps(travelled(line([stop, stop, stop]), finely(3, 0)), 5), [0, 0.5, 1, 1.5, 2]);
  assert.deepEqual(equalSteps(travelled(line([latent(), latent()]), finely(2, 0.2)), 2), [-0.2, 1.2]);
  const resting = line([stop, stop, latent(3)]); // a stand at the beginning, then a way
  const parameters = equalSteps(travelled(resting, finely(3, 0)), 9);
  assert.ok(parameters.every(Number.isFinite));
  assert.ok(parameters.slice(1).every((parameter, frame) => parameter > parameters[frame]!));
});

test("whatever is measured, every stop is measured at", () => {
  for (const [stops, beyond] of [[2, 0], [3, 0.35], [6, 1]] as const) {
    const parameters = finely(stops, beyond, 7);
    for (let stop = 0; stop < stops; stop++) assert.ok(parameters.includes(stop));
    assert.deepEqual([parameters[0], parameters.at(-1)], [0 - beyond, stops - 1 + beyond]);
    assert.ok(parameters.slice(1).every((parameter, index) => parameter > parameters[index]!));
  }
});

test("a grid has its corners exactly, and is bilinear by lines", () => {
  for (const along of [line, slerp]) {
    for (const side of [5, 9, 15]) {
      const corners = [latent(1), latent(2), latent(3), latent(0.5)];
      const cells = gridBetween(corners, side, along);
      assert.equal(cells.length, side * side);
      const places = [0, side - 1, side * (side - 1), side * side - 1];
      places.forEach((cell, corner) => assert.deepEqual(cells[cell], corners[corner]));
    }
  }
  const cells = gridBetween([[0, 0], [4, 0], [0, 4], [4, 8]].map((corner) => Float32Array.from(corner)), 5, line);
  near(cells[2 * 5 + 1]!, [1, 2 + (4 - 2) / 4]); // row 2, column 1: a quarter across, from (0, 2) to (4, 4)
});

test("rows are laid one after the other", () => {
  assert.deepEqual(flat([Float32Array.of(1, 2), Float32Array.of(3, 4)]), Float32Array.of(1, 2, 3, 4));
  assert.deepEqual(flat([]), new Float32Array(0));
});

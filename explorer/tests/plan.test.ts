import assert from "node:assert/strict";
import { test } from "node:test";
import { type Found, pathOf, planFrames } from "../src/interpolate/plan";
import { INITIAL_CHOICES, MODES } from "../src/interpolate/state";
import { normal } from "./random";

const draw = normal(5);
const latents = (count: number): Float32Array[] => Array.from({ length: count }, () => Float32Array.from({ length: 4 }, draw));
const STOPS = latents(3);
/** As the server finds them: two pieces for every part between two stops. */
const GEODESIC = { points: [STOPS[0]!, ...latents(1), STOPS[1]!, ...latents(1), STOPS[2]!], pointsPerSegment: 2, lineLength: 2, length: 1, lineLogDensity: -3, logDensity: -2, fitted: true };
const FOUND: Found = { geodesic: GEODESIC, data: { ...GEODESIC, points: GEODESIC.points.with(1, latents(1)[0]!) } };

for (const mode of MODES) {
  test(`a path by ${mode} begins and ends on its stops, in one row of frames`, () => {
    const plan = planFrames({ ...INITIAL_CHOICES, mode, frames: 17 }, STOPS, FOUND, null);
    assert.deepEqual([plan.columns, plan.rows, plan.latents.length, plan.parameters.length], [17, 1, 17, 17]);
    assert.deepEqual([plan.latents[0], plan.latents.at(-1)], [STOPS[0], STOPS[2]]);
    assert.ok(plan.parameters.slice(1).every((parameter, frame) => parameter > plan.parameters[frame]!));
  });
}

test("beyond its ends a path's frames go as far as is wanted", () => {
  const { parameters, latents: found } = planFrames({ ...INITIAL_CHOICES, mode: "line", beyond: 0.5, frames: 9 }, STOPS, {}, null);
  assert.deepEqual([parameters[0], parameters.at(-1)], [-0.5, 2.5]);
  const [a, b] = STOPS;
  found[0]!.forEach((value, dimension) => assert.ok(Math.abs(value - (1.5 * a![dimension]! - 0.5 * b![dimension]!)) < 1e-5));
});

for (const mode of ["geodesic", "data"] as const) {
  test(`a path by ${mode} passes the points that were found for it, and is stood in for by the line until then`, () => {
    const path = pathOf(mode, STOPS, FOUND);
    FOUND[mode]!.points.forEach((point, index) => assert.deepEqual(path(index / 2), point));
    const wanted = { ...INITIAL_CHOICES, mode, frames: 6 };
    const other = mode === "data" ? { geodesic: GEODESIC } : {};
    assert.deepEqual(planFrames(wanted, STOPS, other, null), planFrames({ ...wanted, mode: "line" }, STOPS, {}, null));
  });
}

test("a grid lies between the first four stops; a geodesic one is laid by lines", () => {
  const stops = latents(6);
  for (const side of [5, 15]) {
    const plan = planFrames({ ...INITIAL_CHOICES, shape: "grid", side }, stops, {}, null);
    assert.deepEqual([plan.columns, plan.rows, plan.latents.length, plan.parameters], [side, side, side * side, []]);
    const corners = [0, side - 1, side * (side - 1), side * side - 1].map((cell) => plan.latents[cell]);
    assert.deepEqual(corners, stops.slice(0, 4));
  }
  const grid = { ...INITIAL_CHOICES, shape: "grid" } as const;
  assert.deepEqual(planFrames({ ...grid, mode: "geodesic" }, stops, FOUND, null), planFrames({ ...grid, mode: "line" }, stops, {}, null));
  assert.notDeepEqual(planFrames({ ...grid, mode: "slerp" }, stops, {}, null), planFrames({ ...grid, mode: "line" }, stops, {}, null));
});

test("what was measured in images decides where the frames lie", () => {
  const measured = { parameters: [0, 1, 2], covered: [0, 3, 4] };
  const { parameters } = planFrames({ ...INITIAL_CHOICES, mode: "line", frames: 5 }, STOPS, {}, measured);
  parameters.forEach((parameter, frame) => assert.ok(Math.abs(parameter - [0, 1 / 3, 2 / 3, 1, 2][frame]!) < 1e-9));
});

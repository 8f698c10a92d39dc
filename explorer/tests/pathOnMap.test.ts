import assert from "node:assert/strict";
import { test } from "node:test";
import { PathOnMap } from "../src/interpolate/pathOnMap";
import type { Plan } from "../src/interpolate/plan";

const FRAMES = 101;
/** A path of two stops, straight in a latent space of one dimension that the map bends. */
const PLAN: Plan = {
  parameters: Array.from({ length: FRAMES }, (_, frame) => frame / (FRAMES - 1)),
  latents: Array.from({ length: FRAMES }, (_, frame) => Float32Array.of(frame / (FRAMES - 1))),
  columns: FRAMES,
  rows: 1,
};
const STOPS = [{ x: 0, y: 0 }, { x: 1, y: 0.5 }];

/** A map whose every look-up takes so many milliseconds. */
function slowMap(milliseconds: number): { path: PathOnMap; asked: number[]; map: { positionsOf(latents: Float32Array): Float32Array } } {
  let time = 0;
  const asked: number[] = [];
  const positionsOf = (latents: Float32Array): Float32Array => {
    asked.push(latents.length);
    time += milliseconds * latents.length;
    return Float32Array.from([...latents].flatMap((z) => [z, z * z]));
  };
  return { path: new PathOnMap(() => time), asked, map: { positionsOf } };
}

test("it goes through the stops and bends between them as the map does", () => {
  const { path, map } = slowMap(0.01);
  const positions = path.positions(PLAN, STOPS, map, false);
  assert.deepEqual([positions[0], positions.at(-1)], STOPS);
  assert.equal(positions.length, 24);
  for (const { x, y } of positions.slice(1, -1)) assert.ok(Math.abs(y - x * x) < 1e-6);
});

test("in a moving hand as many places are looked up as there is time for, and all of them at rest", () => {
  for (const [milliseconds, expected] of [[0.01, 24], [0.5, 6], [2, 0], [40, 0]] as const) {
    const { path, asked, map } = slowMap(milliseconds);
    path.positions(PLAN, STOPS, map, false);
    const hurried = path.positions(PLAN, STOPS, map, true);
    assert.deepEqual([asked[0], asked[1]], [24, expected], `${milliseconds} ms a place`);
    assert.deepEqual([hurried[0], hurried.at(-1)], STOPS);
    path.positions(PLAN, STOPS, map, false);
    assert.equal(asked[2], 24);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { StopMaker } from "../src/interpolate/stopMaker";
import { MOST_STOPS } from "../src/interpolate/state";
import type { MapPane } from "../src/map/map";
import type { MapLook } from "../src/map/mapLook";
import type { PointData } from "../src/model/pointData";

/** Of data of one class, a point for each of these numbers: its latent is (number, 1). */
function makerOf(...numbers: number[]): StopMaker {
  const row = (point: number): Float32Array => Float32Array.of(numbers[point]!, 1);
  const latents = Float32Array.from(numbers.flatMap((number) => [number, 1]));
  const data = { count: numbers.length, labels: new Uint16Array(numbers.length), latents, dimensions: 2, halves: { row } };
  const look = { className: () => "all", between: "between the data" };
  const map = { positionOf: (point: number) => ({ x: point, y: 0 }) };
  return new StopMaker(data as unknown as PointData, look as unknown as MapLook, map as unknown as MapPane);
}

for (const count of [1, 2, 3, 4, 5, 9]) {
  test(`of ${count} images there are stops for any shape, different ones as far as there are any`, () => {
    const maker = makerOf(...Array.from({ length: count }, (_, index) => index + 1));
    for (const wanted of [2, 4, MOST_STOPS]) {
      const first = maker.first();
      const stops = [...first, ...maker.more(first, wanted - first.length)];
      assert.equal(stops.length, Math.max(wanted, first.length));
      assert.equal(new Set(stops.map(({ id }) => id)).size, stops.length);
      assert.equal(new Set(stops.map(({ point }) => point)).size, Math.min(count, stops.length));
    }
  });
}

test("images that the model cannot tell apart stand in only where there are no others", () => {
  const maker = makerOf(7, 7, 7, 7, 8, 7, 9);
  const stops = maker.more([], 4);
  assert.deepEqual(new Set(stops.map(({ latent }) => latent[0])), new Set([7, 8, 9]));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { leadingDirections } from "../src/plane/leading";
import { leadingOfCovariance, meanOf, principalPlane } from "../src/plane/principalPlane";
import { normal } from "./random";

/** Latents whose columns are independent with given standard deviations, round 3. */
function latentsOf(count: number, deviations: readonly number[], seed: number): Float32Array {
  const draw = normal(seed);
  const columns = deviations.length;
  return Float32Array.from({ length: count * columns }, (_, slot) => 3 + deviations[slot % columns]! * draw());
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, column) => sum + value * b[column]!, 0);

const SPECTRA: Readonly<Record<string, readonly number[]>> = {
  "a few directions that stand out": [9, 7, 5, ...Array<number>(93).fill(1)],
  "eigenvalues that hardly differ": Array.from({ length: 80 }, (_, column) => 1 + column / 5000),
  "a long tail": Array.from({ length: 128 }, (_, column) => 1 / (1 + column / 20)),
  "dimensions that are asleep": [...Array<number>(100).fill(0), 1, 0.9, 1e-3],
  "fewer columns than directions tried at once": [1, 2, 3],
};

for (const [name, deviations] of Object.entries(SPECTRA)) {
  test(`without the covariance as with it: ${name}`, () => {
    const columns = deviations.length;
    const latents = latentsOf(400, deviations, columns);
    const mean = meanOf(latents, columns);
    const expected = leadingOfCovariance(latents, mean);
    const found = leadingDirections(latents, mean);
    for (const axis of [0, 1]) {
      const [direction, other] = [found, expected].map(({ directions }) => directions.subarray(axis * columns, (axis + 1) * columns));
      assert.ok(Math.abs(Math.abs(dot(direction!, other!)) - 1) < 1e-8);
      assert.ok(Math.abs(found.variances[axis]! - expected.variances[axis]!) < 1e-9 * expected.variances[0]);
    }
    assert.ok(Math.abs(dot(found.directions.subarray(0, columns), found.directions.subarray(columns))) < 1e-12);
  });
}

test("equal variances have a plane as good as any", () => {
  const columns = 70;
  const latents = new Float32Array(2 * columns * columns);
  for (let column = 0; column < columns; column++) {
    latents[2 * column * columns + column] = 1;
    latents[(2 * column + 1) * columns + column] = -1;
  }
  const { explained, basis } = principalPlane(latents, columns);
  assert.ok(Math.abs(explained! - 2 / columns) < 1e-9);
  assert.ok(Math.abs(Math.hypot(...basis.subarray(0, columns)) - 1) < 1e-6);
});

test("latents on one line have that line as their first direction, and it holds everything", () => {
  const columns = 200;
  const line = Float64Array.from({ length: columns }, (_, column) => Math.sin(column));
  const length = Math.sqrt(dot(line, line));
  const latents = Float32Array.from({ length: 90 * columns }, (_, slot) => 5 + Math.floor(slot / columns) * line[slot % columns]!);
  const { basis, explained } = principalPlane(latents, columns);
  const along = line.reduce((sum, value, column) => sum + (value / length) * basis[column]!, 0);
  assert.ok(Math.abs(Math.abs(along) - 1) < 1e-6);
  assert.ok(Math.abs(explained! - 1) < 1e-6);
  const second = basis.subarray(columns);
  assert.ok(Math.abs(Math.hypot(...second) - 1) < 1e-6);
  assert.ok(Math.abs(second.reduce((sum, value, column) => sum + value * basis[column]!, 0)) < 1e-6);
});

test("many columns that are all the same have a plane that explains nothing", () => {
  const same = principalPlane(new Float32Array(300 * 100).fill(2), 100);
  assert.equal(same.explained, null);
  assert.deepEqual([...same.positionsOf(new Float32Array(100).fill(2))], [0, 0]);
});

test("one latent alone has a plane through it", () => {
  const alone = principalPlane(Float32Array.from({ length: 100 }, (_, column) => column), 100);
  assert.equal(alone.explained, null);
  assert.deepEqual([...alone.positionsOf(Float32Array.from({ length: 100 }, (_, column) => column))], [0, 0]);
});

test("the same latents always have the same plane", () => {
  const latents = latentsOf(100, SPECTRA["a long tail"]!, 1);
  assert.deepEqual(principalPlane(latents, 128), principalPlane(latents, 128));
});

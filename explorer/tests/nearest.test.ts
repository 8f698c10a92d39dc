import assert from "node:assert/strict";
import { test } from "node:test";
import { NearestSearch, nearestRows } from "../src/plane/nearest";
import { normal } from "./random";

const draw = normal(11);

for (const columns of [1, 2, 16, 19]) {
  const latents = Float32Array.from({ length: 500 * columns }, draw);
  const latent = Float32Array.from({ length: columns }, draw);
  const sorted = Array.from({ length: 500 }, (_, row) => ({
    row,
    distance: Math.hypot(...latent.map((value, column) => latents[row * columns + column]! - value)),
  })).sort((a, b) => a.distance - b.distance);

  test(`finds what sorting all rows finds in ${columns} dimensions`, () => {
    const found = nearestRows(latents, columns, latent, 9);
    assert.deepEqual(found.map(({ row }) => row), sorted.slice(0, 9).map(({ row }) => row));
    found.forEach(({ distance }, place) => assert.ok(Math.abs(distance - sorted[place]!.distance) < 1e-5));
  });

  test(`leaves a row out in ${columns} dimensions`, () => {
    const found = nearestRows(latents, columns, latent, 3, sorted[1]!.row);
    assert.deepEqual(found.map(({ row }) => row), [0, 2, 3].map((place) => sorted[place]!.row));
  });
}

test("of rows equally near the first comes first, and no more come than there are", () => {
  const latents = Float32Array.of(1, 1, 0, 1);
  assert.deepEqual(nearestRows(latents, 1, Float32Array.of(0), 9), [
    { row: 2, distance: 0 },
    { row: 0, distance: 1 },
    { row: 1, distance: 1 },
    { row: 3, distance: 1 },
  ]);
  assert.deepEqual(nearestRows(latents, 1, Float32Array.of(0), 0), []);
});

test("a search by steps finds what one at once finds", () => {
  const latents = Float32Array.from({ length: 3e5 }, draw);
  const latent = Float32Array.of(0.1, -0.2);
  const search = new NearestSearch(latents, 2, latent, 6);
  let steps = 1;
  let found = search.step();
  for (; !found; steps++) found = search.step();
  assert.equal(steps, 3);
  assert.deepEqual(found, nearestRows(latents, 2, latent, 6));
});

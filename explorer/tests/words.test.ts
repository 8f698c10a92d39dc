import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../src/interpolate/plan";
import type { Stop } from "../src/interpolate/state";
import { frameWords, heldWords } from "../src/interpolate/words";

const stop = (name: string): Stop => ({ id: name, name, latent: new Float32Array(2), position: { x: 0, y: 0 }, point: null, corner: false });
const STOPS = [stop("3"), stop("near 5"), stop("8")];
const PARAMETERS = [-0.25, 0, 0.5, 1 - 1e-9, 1.123, 2, 2.4];
const PLAN: Plan = { parameters: PARAMETERS, latents: PARAMETERS.map(() => new Float32Array(2)), columns: PARAMETERS.length, rows: 1 };

test("where a frame of a path is, in words", () => {
  assert.deepEqual(
    PARAMETERS.map((_, frame) => frameWords(frame, PLAN, STOPS)),
    [
      "Frame 1 of 7: 25 % before A · 3",
      "Frame 2 of 7: A · 3",
      "Frame 3 of 7: 50 % from A · 3 to B · near 5",
      "Frame 4 of 7: B · near 5",
      "Frame 5 of 7: 12 % from B · near 5 to C · 8",
      "Frame 6 of 7: C · 8",
      "Frame 7 of 7: 40 % beyond C · 8",
    ],
  );
});

test("where a tile of a grid is, in words", () => {
  const grid: Plan = { parameters: [], latents: [], columns: 5, rows: 5 };
  assert.equal(frameWords(0, grid, STOPS), "Row 1, column 1 of 5 × 5");
  assert.equal(frameWords(13, grid, STOPS), "Row 3, column 4 of 5 × 5");
});

test("while a stop is carried, it is said which", () => {
  assert.equal(heldWords(1, STOPS), "Stop B · near 5, in the hand");
});

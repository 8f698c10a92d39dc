import assert from "node:assert/strict";
import { test } from "node:test";
import { playedFrame } from "../src/interpolate/player";
import { REPEATS, type Repeat } from "../src/interpolate/state";

const played = (repeat: Repeat, frames: number, from = 0, shown = 9): (number | null)[] =>
  Array.from({ length: shown }, (_, elapsed) => playedFrame(from, elapsed, frames, repeat));

test("once ends after the last frame", () => {
  assert.deepEqual(played("once", 4), [0, 1, 2, 3, null, null, null, null, null]);
  assert.deepEqual(played("once", 4, 2, 3), [2, 3, null]);
});

test("a loop begins anew, back and forth turns at either end without showing it twice", () => {
  assert.deepEqual(played("loop", 4), [0, 1, 2, 3, 0, 1, 2, 3, 0]);
  assert.deepEqual(played("ping-pong", 4), [0, 1, 2, 3, 2, 1, 0, 1, 2]);
  assert.deepEqual(played("ping-pong", 4, 3), [3, 2, 1, 0, 1, 2, 3, 2, 1]);
  assert.deepEqual(played("ping-pong", 2), [0, 1, 0, 1, 0, 1, 0, 1, 0]);
});

test("a frame is shown until its time is over", () => {
  for (const repeat of REPEATS) assert.deepEqual([0, 0.5, 0.99, 1].map((elapsed) => playedFrame(0, elapsed, 3, repeat)), [0, 0, 0, 1]);
  assert.equal(playedFrame(0, 1e6 + 0.5, 120, "loop"), 1e6 % 120);
});

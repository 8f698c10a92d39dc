import assert from "node:assert/strict";
import { test } from "node:test";
import { shownOrder, ticksOf } from "../src/films/timing";

test("back and forth has each end once", () => {
  assert.deepEqual(shownOrder(4, "ping-pong"), [0, 1, 2, 3, 2, 1]);
  assert.deepEqual(shownOrder(2, "ping-pong"), [0, 1]);
  assert.deepEqual(shownOrder(3, "loop"), [0, 1, 2]);
  assert.deepEqual(shownOrder(3, "once"), [0, 1, 2]);
});

test("frames last as long together as they should", () => {
  for (const rate of [2, 4, 8, 12, 24, 30]) {
    const ticks = ticksOf(120, rate, 100);
    assert.equal(ticks.reduce((sum, count) => sum + count), (100 * 120) / rate);
    assert.ok(Math.max(...ticks) - Math.min(...ticks) <= 1);
  }
});

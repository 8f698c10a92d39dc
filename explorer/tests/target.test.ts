import assert from "node:assert/strict";
import { test } from "node:test";
import { asLetters, CELL, CELLS, cellAt, fromLetters, HIGHEST, massOf, PRESETS, preset, pushed, stroke } from "../src/learn/mixtures/target";

test("a stroke leaves a straight line, in either direction, and nothing beside it", () => {
  const empty = new Float64Array(CELLS);
  const there = stroke(empty, { x: -1, y: 0.2 }, { x: 1, y: 0.6 });
  const back = stroke(empty, { x: 1, y: 0.6 }, { x: -1, y: 0.2 });
  assert.deepEqual(there, back);
  assert.ok(Math.abs(there[cellAt(0)]! - 0.4) < CELL);
  assert.equal(there[cellAt(-1.2)], 0);
  assert.equal(there[cellAt(1.2)], 0);
  assert.ok(empty.every((height) => height === 0), "what it began with is as it was");
});

test("a pen beyond the paper leaves no more than the paper holds", () => {
  const drawn = stroke(new Float64Array(CELLS), { x: -9, y: -3 }, { x: 9, y: 7 });
  assert.ok(drawn.every((height) => height >= 0 && height <= HIGHEST));
});

test("a push raises a place and little else", () => {
  const raised = pushed(new Float64Array(CELLS).fill(0.3), 0.5, 0.1);
  assert.ok(Math.abs(raised[cellAt(0.5)]! - 0.4) < 0.01);
  assert.equal(raised[cellAt(-1)], 0.3);
});

test("what is drawn comes back from its letters", () => {
  for (const name of PRESETS) {
    const heights = preset(name);
    const back = fromLetters(asLetters(heights))!;
    assert.ok(heights.every((height, cell) => Math.abs(height - back[cell]!) < 1 / 4000));
    assert.ok(massOf(heights) > 0.5);
  }
});

test("letters that nothing was drawn with are refused", () => {
  for (const letters of [null, 7, "", "AB", "!".repeat(2 * CELLS), "A".repeat(2 * CELLS + 1)]) assert.equal(fromLetters(letters), null);
});

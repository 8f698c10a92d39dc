import assert from "node:assert/strict";
import { test } from "node:test";
import { inWords, roundMarks } from "../src/learn/plot";

test("marks are round numbers within the extent, about as many as asked for", () => {
  assert.deepEqual(roundMarks({ least: -4, most: 4 }, 8), [-4, -3, -2, -1, 0, 1, 2, 3, 4]);
  assert.deepEqual(roundMarks({ least: -5, most: 5 }, 5), [-4, -2, 0, 2, 4]);
  assert.deepEqual(roundMarks({ least: 0.13, most: 0.58 }, 4), [0.2, 0.4]);
  for (const [least, most] of [[0, 1], [-1e-3, 2e-3], [1e5, 9e5]] as const) {
    for (const count of [1, 3, 7]) {
      const marks = roundMarks({ least, most }, count);
      assert.ok(marks.length <= count + 1 && marks.every((mark) => mark >= least - 1e-9 && mark <= most + 1e-9), `${least} ${most} ${count}: ${marks}`);
    }
  }
});

test("numbers are written with a true minus sign, and nothing is less than nothing", () => {
  assert.equal(inWords(-1.23456), "−1.2346");
  assert.equal(inWords(-0.000001), "0.0000");
  assert.equal(inWords(2, 1), "2.0");
  assert.equal(inWords(Number.POSITIVE_INFINITY), "∞");
  assert.equal(inWords(Number.NEGATIVE_INFINITY), "−∞");
  assert.equal(inWords(Number.NaN), "–");
});

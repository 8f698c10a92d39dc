import assert from "node:assert/strict";
import { test } from "node:test";
import { HalfMatrix, halfToNumber } from "../src/model/halfFloat";

// Bit patterns and values from the table of examples in IEEE 754-2008's binary16 literature.
const KNOWN: readonly (readonly [number, number])[] = [
  [0x0000, 0],
  [0x0001, 2 ** -24],
  [0x03ff, 2 ** -14 * (1023 / 1024)],
  [0x0400, 2 ** -14],
  [0x3555, 0.333251953125],
  [0x3bff, 0.99951171875],
  [0x3c00, 1],
  [0xc000, -2],
  [0x7bff, 65504],
  [0x7c00, Infinity],
  [0xfc00, -Infinity],
];

test("widens known bit patterns exactly", () => {
  for (const [bits, value] of KNOWN) assert.equal(halfToNumber(bits), value);
  assert.ok(Number.isNaN(halfToNumber(0x7e00)));
});

test("a matrix gives its rows", () => {
  const matrix = new HalfMatrix(Uint16Array.of(0x3c00, 0xc000, 0x0000, 0x3800), 2);
  assert.deepEqual(matrix.row(0), Float32Array.of(1, -2));
  assert.deepEqual(matrix.row(1), Float32Array.of(0, 0.5));
});

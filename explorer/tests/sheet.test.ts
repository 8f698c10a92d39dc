import assert from "node:assert/strict";
import { test } from "node:test";
import { csvOfPins, sheetLayout } from "../src/tray/sheet";
import { normal } from "./random";

/** Rows of fields, read as RFC 4180 says. */
function parsed(csv: string): string[][] {
  return [...csv.matchAll(/((?:(?:"(?:[^"]|"")*"|[^",\r\n]*),)*(?:"(?:[^"]|"")*"|[^",\r\n]*))\r\n/g)].map(([, row]) =>
    [...`${row},`.matchAll(/("(?:[^"]|"")*"|[^",]*),/g)].map(([, field]) =>
      field!.startsWith('"') ? field!.slice(1, -1).replaceAll('""', '"') : field!,
    ),
  );
}

test("a header, a row a pin, lines ended as the RFC has it", () => {
  assert.equal(csvOfPins([{ name: "a seven", latent: Float32Array.of(0.1, -2, 0) }]), "name,z1,z2,z3\r\na seven,0.1,-2,0\r\n");
  assert.equal(csvOfPins([]), "name\r\n");
});

test("every number reads back as the same float32", () => {
  const draw = normal(12);
  const latent = Float32Array.from({ length: 2000 }, () => draw() * 10 ** Math.round(5 * draw()));
  const [, row] = parsed(csvOfPins([{ name: "x", latent }]));
  assert.deepEqual(Float32Array.from(row!.slice(1), Number), latent);
});

test("names with commas, quotes and line ends stay one field", () => {
  const names = ["a, b", 'the "best"', "two\nlines", "two\r\nlines", '"', "plain", "", "naïve 7 → 9"];
  const csv = csvOfPins(names.map((name) => ({ name, latent: Float32Array.of(1) })));
  assert.deepEqual(parsed(csv).slice(1), names.map((name) => [name, "1"]));
});

test("what a spreadsheet would take for a formula is text", () => {
  const names = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x","y")'];
  const csv = csvOfPins(names.map((name) => ({ name, latent: Float32Array.of(-1) })));
  assert.deepEqual(parsed(csv).slice(1), names.map((name) => [`'${name}`, "-1"]));
});

test("a sheet holds every picture, apart and inside", () => {
  for (let count = 1; count <= 24; count++) {
    const { columns, rows, width, height, positions } = sheetLayout(count, 56);
    assert.equal(positions.length, count);
    assert.ok(columns * rows >= count && columns * (rows - 1) < count && Math.abs(columns - rows) <= 1);
    for (const [index, { left, top }] of positions.entries()) {
      assert.ok(left > 0 && top > 0 && left + 56 < width && top + 56 < height);
      for (const other of positions.slice(index + 1)) {
        assert.ok(Math.abs(other.left - left) > 56 || Math.abs(other.top - top) > 56);
      }
    }
  }
  assert.deepEqual(sheetLayout(0, 56).positions, []);
});

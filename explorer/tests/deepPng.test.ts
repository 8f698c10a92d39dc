import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, deflateSync } from "node:zlib";
import { readDeepPng } from "../src/own/deepPng";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const [WIDTH, HEIGHT] = [7, 5];

function chunk(name: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, "latin1"), content]);
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(content.length);
  numbers.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([numbers.subarray(0, 4), named, numbers.subarray(4)]);
}

function header(changes: { depth?: number; colour?: number; interlaced?: number; width?: number } = {}): Buffer {
  const content = Buffer.alloc(13);
  content.writeUInt32BE(changes.width ?? WIDTH);
  content.writeUInt32BE(HEIGHT, 4);
  content.set([changes.depth ?? 16, changes.colour ?? 0, 0, 0, changes.interlaced ?? 0], 8);
  return content;
}

/** The rows with a filter each, as an encoder writes them. */
function filtered(values: readonly number[], filters: readonly number[]): Buffer {
  const plain = Buffer.alloc(2 * WIDTH * HEIGHT);
  values.forEach((value, pixel) => plain.writeUInt16BE(value, 2 * pixel));
  const at = (row: number, byte: number): number => (row < 0 || byte < 0 ? 0 : plain[row * 2 * WIDTH + byte]!);
  const rows = filters.map((filter, row) => {
    const bytes = Array.from({ length: 2 * WIDTH }, (_, byte) => {
      const [left, above, corner] = [at(row, byte - 2), at(row - 1, byte), at(row - 1, byte - 2)];
      const guess = left + above - corner;
      const nearest = [left, above, corner].reduce((best, next) => (Math.abs(guess - next) < Math.abs(guess - best) ? next : best));
      return at(row, byte) - [0, left, above, Math.floor((left + above) / 2), nearest][filter]!;
    });
    return Buffer.from([filter, ...bytes]);
  });
  return Buffer.concat(rows);
}

const VALUES = Array.from({ length: WIDTH * HEIGHT }, (_, pixel) => (pixel * 7919) % 4096);

function png(rows: Buffer, changes: Parameters<typeof header>[0] = {}, cut = Infinity): Blob {
  const packed = deflateSync(rows);
  const half = Math.floor(packed.length / 2);
  const parts = [chunk("IHDR", header(changes)), chunk("IDAT", packed.subarray(0, half)), chunk("IDAT", packed.subarray(half)), chunk("IEND", Buffer.alloc(0))];
  return new Blob([Buffer.concat([SIGNATURE, ...parts]).subarray(0, cut)]);
}

test("every filter is taken off, and numbers lie between the data's black and white", async () => {
  const picture = await readDeepPng(png(filtered(VALUES, [0, 1, 2, 3, 4])), [0, 4095], 100);
  assert.ok(picture);
  assert.deepEqual([picture.width, picture.height, picture.levels], [WIDTH, HEIGHT, [0, 255]]);
  const grey = VALUES.map((value) => new Uint8ClampedArray([Math.fround(value * Math.fround(255 / 4095))])[0]!);
  grey.forEach((byte, pixel) => assert.deepEqual([...picture.data.subarray(4 * pixel, 4 * pixel + 4)], [byte, byte, byte, 255]));
});

test("what the browser reads itself, or would refuse, is left to it", async () => {
  const rows = filtered(VALUES, [0, 0, 0, 0, 0]);
  const others = [
    png(rows, { depth: 8 }),
    png(rows, { colour: 2 }),
    png(rows, { interlaced: 1 }),
    png(rows, { width: 0 }),
    png(rows, { width: WIDTH + 1 }), // too few bytes
    png(rows, { width: WIDTH - 1 }), // too many
    png(rows, {}, 20),
    png(rows, {}, 60),
    png(Buffer.concat([Buffer.from([9]), rows.subarray(1)])), // no filter
    new Blob(["GIF89a"]),
  ];
  for (const other of others) assert.equal(await readDeepPng(other, [0, 4095], 100), null);
  assert.equal(await readDeepPng(png(rows), [0, 4095], WIDTH * HEIGHT - 1), null);
});

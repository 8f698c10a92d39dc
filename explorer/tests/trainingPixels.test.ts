import assert from "node:assert/strict";
import { test } from "node:test";
import { trainingPixels, type TrainingFrame } from "../src/own/trainingPixels";
import { gray, picture } from "./painted";

const GREY: TrainingFrame = { size: 8, channels: 1, padded: false, ground: "white", levels: [0, 255] };

const bytesOf = (input: Float32Array): number[] => Array.from(input, (value) => Math.round(value * 255));

test("a picture of the right size stays as it is, channel by channel", () => {
  const image = bytesOf(trainingPixels(picture(8, 8, (column, row) => [column * 31, row * 31, 7]), { ...GREY, channels: 3 }));
  assert.equal(image.length, 3 * 64);
  for (let pixel = 0; pixel < 64; pixel++) {
    assert.deepEqual([image[pixel], image[64 + pixel], image[128 + pixel]], [(pixel % 8) * 31, Math.floor(pixel / 8) * 31, 7]);
  }
});

test("the middle square is kept, nearer to the left where there is no middle", () => {
  const image = bytesOf(trainingPixels(picture(11, 8, (column) => gray(column)), GREY));
  assert.deepEqual(image.slice(0, 8), [1, 2, 3, 4, 5, 6, 7, 8]);
});

test("levels are stretched, halves to the even byte, and what is outside is black or white", () => {
  const image = bytesOf(trainingPixels(picture(8, 8, (column) => gray([0, 1, 3, 15, 30, 31, 200, 255][column]!)), { ...GREY, levels: [0, 30] }));
  assert.deepEqual(image.slice(0, 8), [0, 8, 26, 128, 255, 255, 255, 255]);
});

test("transparency is laid on the ground after the levels are stretched", () => {
  const glass = picture(8, 8, (column) => [...gray(100), [0, 128, 255, 0, 0, 0, 0, 0][column]!]);
  assert.deepEqual(bytesOf(trainingPixels(glass, GREY)).slice(0, 3), [255, 177, 100]);
  assert.deepEqual(bytesOf(trainingPixels(glass, { ...GREY, ground: "black" })).slice(0, 3), [0, 50, 100]);
  assert.deepEqual(bytesOf(trainingPixels(glass, { ...GREY, ground: "black", levels: [0, 204] })).slice(0, 3), [0, 63, 125]);
});

test("grey is made of the colours at the end", () => {
  const image = bytesOf(trainingPixels(picture(8, 8, (column) => [[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]][column % 4]!), GREY));
  assert.deepEqual(image.slice(0, 4), [76, 150, 29, 9]);
});

test("a padded picture lies whole in the middle of a ground of its outline's median colour", () => {
  // 16 × 6 is scaled to 8 × 3, and the outline is 50 but for its left end.
  const image = bytesOf(trainingPixels(picture(16, 6, (column) => gray(column < 4 ? 200 : 50)), { ...GREY, padded: true }));
  const column = (index: number): number[] => image.filter((_, pixel) => pixel % 8 === index);
  assert.deepEqual(column(0), [50, 50, 200, 200, 200, 50, 50, 50].map((byte) => (byte === 200 ? image[16]! : byte)));
  assert.ok(image[16]! > 190);
  assert.deepEqual(column(7), Array(8).fill(image[7]));
  assert.equal(image[7], 50);
});

test("scaled pictures are those of Pillow 13, byte for byte", () => {
  // frame_picture(Image.fromarray(...), 8, 1, crop): its diagonals from the top left and from the top right.
  const made: [width: number, height: number, padded: boolean, falling: number[], rising: number[]][] = [
    [20, 13, false, [169, 125, 129, 151, 167, 158, 136, 108], [65, 130, 94, 87, 120, 121, 102, 154]],
    [3, 2, false, [0, 0, 14, 46, 82, 114, 141, 159], [24, 32, 43, 57, 71, 85, 95, 102]], // scaled up
    [70, 49, false, [128, 126, 126, 127, 127, 126, 126, 120], [124, 132, 127, 122, 118, 139, 130, 125]], // blocks first, the last cut off
    [20, 13, true, [120, 136, 129, 128, 125, 121, 120, 120], [120, 109, 137, 125, 108, 144, 120, 120]],
    [24, 70, true, [127, 127, 130, 129, 129, 127, 127, 127], [127, 127, 127, 134, 124, 132, 127, 127]], // down first
  ];
  for (const [width, height, padded, falling, rising] of made) {
    const image = bytesOf(trainingPixels(picture(width, height, (column, row) => gray((column * 37 + row * 91) % 256)), { ...GREY, padded }));
    assert.deepEqual(falling.map((_, row) => image[row * 9]), falling, `${width} × ${height}`);
    assert.deepEqual(rising.map((_, row) => image[row * 7 + 7]), rising, `${width} × ${height}`);
  }
});

test("of a large picture blocks are averaged first, those that are whole and in the middle", () => {
  // The middle square of 2001 loses 2001 mod 83 = 9 pixels: 4 at its left, 5 at its right. Blocks are 83 a side.
  const large = picture(2100, 2001, (column) => gray(Math.floor((column - 49 - 4) / 83) % 2 === 0 ? 200 : 0));
  const image = bytesOf(trainingPixels(large, GREY));
  // 24 stripes of one pixel each are filtered to 8: the same as of such a small picture.
  assert.deepEqual(image, bytesOf(trainingPixels(picture(24, 24, (column) => gray(column % 2 ? 0 : 200)), GREY)));
});

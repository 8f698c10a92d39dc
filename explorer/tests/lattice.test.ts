import assert from "node:assert/strict";
import { test } from "node:test";
import { Lattice } from "../src/map/lattice";
import type { View } from "../src/map/view";
import { canvasDocument } from "./canvas";

/** A map of `side` pixels, a unit a pixel, that looks from `left` onwards. */
const view = (side: number, left = 0): View =>
  ({
    width: side,
    height: side,
    scale: 1,
    toPosition: (place: { left: number; top: number }) => ({ x: left + place.left, y: side - place.top }),
    toPlace: ({ x, y }: { x: number; y: number }) => ({ left: x - left, top: side - y }),
  }) as unknown as View;

const CONTEXT = { drawImage: () => undefined } as unknown as CanvasRenderingContext2D;

function opened(size: number): { lattice: Lattice; asked: number[]; draw(seen: View): Promise<void> } {
  canvasDocument();
  const asked: number[] = [];
  const images = async (positions: Float32Array): Promise<Float32Array> => {
    asked.push(positions.length / 2);
    return new Float32Array((positions.length / 2) * size * size);
  };
  const lattice = new Lattice({ size, channels: 1, images, isFar: () => false }, 40, () => undefined, assert.ifError);
  const draw = async (seen: View): Promise<void> => {
    let before = -1;
    lattice.draw(CONTEXT, seen);
    while (asked.length !== before) {
      before = asked.length;
      await new Promise(setImmediate);
      lattice.draw(CONTEXT, seen);
    }
  };
  return { lattice, asked, draw };
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

test("more images than are kept are all decoded where they are all in sight, each once", async () => {
  const { lattice, asked, draw } = opened(1);
  const wall = view(40 * 60);
  await draw(wall);
  assert.equal(lattice.missing, 0);
  assert.equal(total(asked), 61 * 61);
});

test("coming back to a part of the map asks for nothing, and what was seen longest ago goes first", async () => {
  const { asked, draw } = opened(128);
  const part = (number: number): View => view(40 * 19, 40 * 20 * number); // 400 images of 128 pixels; 1,024 are kept
  await draw(part(0));
  await draw(part(1));
  await draw(part(0));
  const before = total(asked);
  assert.equal(before, 800);
  await draw(part(2)); // some of the second part have to go
  await draw(part(0));
  assert.equal(total(asked), before + 400);
  await draw(part(1));
  assert.equal(total(asked), before + 400 + (1200 - 1024));
});

test("one that is given up asks for nothing more than what is on its way", async () => {
  const { lattice, asked } = opened(1);
  lattice.draw(CONTEXT, view(40 * 19));
  lattice.clear();
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  assert.deepEqual([asked.length, lattice.missing], [1, 0]);
});

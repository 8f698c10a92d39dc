import assert from "node:assert/strict";
import { test } from "node:test";
import { PointRenderer, standingBack } from "../src/map/points";
import type { View } from "../src/map/view";
import { canvasDocument, FakeCanvas } from "./canvas";

const SIDE = 40;
/** A pixel a unit, the middle of the map in the middle, y upwards. */
const VIEW = { width: SIDE, height: SIDE, scale: 1, zoom: 1, toPlace: ({ x, y }: { x: number; y: number }) => ({ left: x + SIDE / 2, top: SIDE / 2 - y }) } as unknown as View;

function drawn(places: readonly (readonly [number, number])[], view: View = VIEW): FakeCanvas {
  canvasDocument();
  const canvas = new FakeCanvas();
  const points = Float32Array.from(places.flatMap(([left, top]) => [left - SIDE / 2, SIDE / 2 - top]));
  new PointRenderer(canvas as unknown as HTMLCanvasElement).draw(points, new Uint32Array(places.length).fill(0xff0000ff), places.length, view, 1);
  return canvas;
}

test("a point at the canvas' edge is drawn as far as it lies inside, and one just outside as far as it reaches in", () => {
  const middle = drawn([[20.5, 20.5]]);
  for (const [left, top] of [[0.5, 20.5], [39.5, 20.5], [20.5, 0.5], [20.5, 39.5]] as const) {
    const canvas = drawn([[left, top]]);
    assert.equal(canvas.alphaAt(Math.floor(left), Math.floor(top)), middle.alphaAt(20, 20));
    const across = left === 20.5 ? [1, 0] : [0, 1];
    assert.equal(canvas.alphaAt(Math.floor(left) + across[0]!, Math.floor(top) + across[1]!), middle.alphaAt(21, 20));
  }
  const outside = drawn([[-1.5, 20.5]]);
  assert.equal(outside.alphaAt(0, 20), middle.alphaAt(22, 20));
  assert.ok(outside.alphaAt(0, 20) > 0);
});

test("one that lies farther out leaves nothing, and the canvas has the size of the map", () => {
  const canvas = drawn([[-30, 20], [20, 90], [400, 400]]);
  assert.deepEqual([canvas.width, canvas.height], [SIDE, SIDE]);
  for (let pixel = 0; pixel < SIDE * SIDE; pixel++) assert.equal(canvas.alphaAt(pixel % SIDE, Math.floor(pixel / SIDE)), 0);
});

test("a point that stands back hides none of the others, whichever comes first", () => {
  canvasDocument();
  const canvas = new FakeCanvas();
  const grey = standingBack([200, 200, 200]);
  const points = Float32Array.of(0, 0, 0, 0);
  new PointRenderer(canvas as unknown as HTMLCanvasElement).draw(points, Uint32Array.of(0xff0000ff, grey), 2, VIEW, 1);
  const behind = new FakeCanvas();
  new PointRenderer(behind as unknown as HTMLCanvasElement).draw(points, Uint32Array.of(grey, 0xff0000ff), 2, VIEW, 1);
  assert.deepEqual(canvas.colorAt(20, 20), behind.colorAt(20, 20));
  assert.ok(canvas.colorAt(20, 20)[0]! > canvas.colorAt(20, 20)[1]!, "it is redder than grey");
});

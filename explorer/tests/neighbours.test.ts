import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Neighbours } from "../src/panel/neighbours";
import { canvasDocument } from "./canvas";

const FRAME = 16;
const real = performance.now;
let late = 0;

beforeEach(() => {
  canvasDocument();
  late = 0;
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 });
  performance.now = () => Date.now() + late;
});

afterEach(() => {
  mock.timers.reset();
  performance.now = real;
});

/** A panel beside images of which the newest is the only neighbour; what it has found, and the pictures it has drawn. */
function followed(cost: number): { neighbours: Neighbours; move(frames: number): void; found: number[]; drawn: number[] } {
  const [found, drawn]: [number[], number[]] = [[], []];
  let newest = 0;
  const neighbours = new Neighbours(String, () => undefined);
  neighbours.setPictures((row) => drawn.push(row) > 0);
  const find = (): { row: number; distance: number }[] => {
    late += cost;
    found.push(newest);
    return [{ row: newest >> 3, distance: newest }];
  };
  const move = (frames: number): void => {
    for (let frame = 0; frame < frames; frame++) {
      newest++;
      neighbours.follow(find);
      mock.timers.tick(FRAME);
    }
  };
  return { neighbours, move, found, drawn };
}

test("neighbours follow a moving hand at least ten times a second, and come to where it rests", () => {
  const { move, found } = followed(2);
  move(125); // two seconds
  assert.ok(found.length >= 20 && found.length <= 26, String(found.length));
  mock.timers.tick(1000);
  assert.equal(found.at(-1), 125);
  const searches = found.length;
  mock.timers.tick(5000);
  assert.equal(found.length, searches);
});

test("where a search takes long they follow less often", () => {
  const { move, found } = followed(12);
  move(250);
  assert.ok(found.length >= 12 && found.length * 12 <= 0.06 * 250 * FRAME, String(found.length));
});

test("a picture that stays is not drawn again, and after the end nothing is looked for", () => {
  const { neighbours, move, found, drawn } = followed(1);
  move(100);
  assert.ok(drawn.length < found.length);
  assert.equal(new Set(drawn).size, drawn.length);
  move(1);
  neighbours.stop();
  const searches = found.length;
  mock.timers.tick(1000);
  assert.equal(found.length, searches);
});

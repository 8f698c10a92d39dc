import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Neighbours, type Search } from "../src/panel/neighbours";
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
function followed(steps: number): { neighbours: Neighbours; move(frames: number): void; found: number[]; drawn: number[] } {
  const [found, drawn]: [number[], number[]] = [[], []];
  let newest = 0;
  const neighbours = new Neighbours("Nearest real images", String, () => undefined);
  neighbours.setPictures((row) => drawn.push(row) > 0);
  const begin = (): Search => {
    const image = newest;
    let left = steps;
    return {
      step: () => {
        late += 0.5;
        if (--left > 0) return null;
        found.push(image);
        return [{ row: image >> 3, distance: image }];
      },
    };
  };
  const move = (frames: number): void => {
    for (let frame = 0; frame < frames; frame++) {
      newest++;
      neighbours.follow(begin);
      mock.timers.tick(FRAME);
    }
  };
  return { neighbours, move, found, drawn };
}

test("neighbours follow a moving hand at least ten times a second, and come to where it rests", () => {
  const { move, found } = followed(4);
  move(125); // two seconds
  assert.ok(found.length >= 20 && found.length <= 26, String(found.length));
  mock.timers.tick(1000);
  assert.equal(found.at(-1), 125);
  const searches = found.length;
  mock.timers.tick(5000);
  assert.equal(found.length, searches);
});

test("a long search takes the time that frames leave, and goes on in the next", () => {
  const idle: ((deadline: { timeRemaining(): number }) => void)[] = [];
  Object.assign(globalThis, { requestIdleCallback: (act: (typeof idle)[number]) => idle.push(act) });
  const { move, found } = followed(40);
  move(10);
  let turns = 0;
  for (; found.length === 0; turns++) {
    let left = 2;
    idle.shift()!({ timeRemaining: () => left-- });
  }
  assert.equal(turns, Math.ceil(40 / 3));
  assert.equal(idle.length, 0);
  move(10);
  assert.equal(idle.length, 1);
  Reflect.deleteProperty(globalThis, "requestIdleCallback");
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

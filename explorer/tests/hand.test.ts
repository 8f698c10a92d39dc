import assert from "node:assert/strict";
import { test } from "node:test";
import type { Held } from "../src/interpolate/frames";
import { Hand } from "../src/interpolate/hand";
import type { Stop } from "../src/interpolate/state";
import type { LatentMap } from "../src/plane/latentMap";

const STOP: Stop = { id: "a", name: "3", latent: Float32Array.of(1, 2), position: { x: 0, y: 0 }, point: null, corner: false };

type Map = Pick<LatentMap, "latentAt" | "positionOf">;
const PLANE: Map = { latentAt: ({ x, y }) => Float32Array.of(x, y), positionOf: ([x, y]) => ({ x: x!, y: y! }) };
const LINE: Map = { latentAt: ({ x }) => Float32Array.of(x), positionOf: ([x]) => ({ x: x!, y: 0 }) };

function opened(map = PLANE): { hand: Hand; moves: Held[] } {
  const moves: Held[] = [];
  const hand = new Hand(() => map, {
    onTake: () => undefined,
    requestFrame: () => undefined,
    busy: () => false,
    onMove: (held) => moves.push(held),
  });
  return { hand, moves };
}

test("a stop that is put down stands where it was carried", () => {
  const { hand, moves } = opened();
  hand.carry(1, STOP, { x: 3, y: 4 }, null);
  hand.follow();
  assert.deepEqual(moves.map(({ index, latent }) => [index, [...latent]]), [[1, [3, 4]]]);
  const dropped = hand.drop();
  assert.deepEqual([dropped?.index, dropped?.from, dropped?.stop.position], [1, STOP, { x: 3, y: 4 }]);
  assert.equal(hand.drop(), null);
});

test("a carry that is taken back is over at once, and what was on its way is no longer told", () => {
  const { hand, moves } = opened();
  hand.carry(1, STOP, { x: 3, y: 4 }, null);
  assert.equal(hand.cancel(), 1);
  hand.follow();
  assert.deepEqual([moves, hand.held, hand.cancel()], [[], null, null]);
});

test("a stop that is held can be asked for again where it is, and an empty hand for nothing", () => {
  const { hand, moves } = opened();
  assert.equal(hand.again(), false);
  hand.carry(1, STOP, { x: 3, y: 4 }, null);
  hand.follow();
  assert.equal(hand.again(), true);
  hand.follow();
  hand.follow();
  assert.deepEqual(moves.map(({ latent }) => [...latent]), [[3, 4], [3, 4]]);
});

test("where there is one dimension a stop stays on its line, in the hand and put down", () => {
  const { hand, moves } = opened(LINE);
  const stop = { ...STOP, latent: Float32Array.of(0) };
  assert.deepEqual(hand.carry(0, stop, { x: 3, y: 80 }, null), { x: 3, y: 0 });
  hand.follow();
  assert.deepEqual([hand.held?.position, [...moves[0]!.latent]], [{ x: 3, y: 0 }, [3]]);
  assert.deepEqual([hand.drop()?.stop.position, hand.held], [{ x: 3, y: 0 }, null]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Held } from "../src/interpolate/frames";
import { Hand } from "../src/interpolate/hand";
import type { Stop } from "../src/interpolate/state";

const STOP: Stop = { id: "a", name: "3", latent: Float32Array.of(1, 2), position: { x: 0, y: 0 }, point: null, corner: false };

function opened(): { hand: Hand; moves: Held[] } {
  const moves: Held[] = [];
  const map = { latentAt: ({ x, y }: { x: number; y: number }) => Float32Array.of(x, y) };
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

import assert from "node:assert/strict";
import { test } from "node:test";
import type { LocalEngine } from "../src/engine/engine";
import type { Held } from "../src/interpolate/frames";
import { Hand } from "../src/interpolate/hand";
import type { Stop } from "../src/interpolate/state";

const STOP: Stop = { id: "a", name: "3", latent: Float32Array.of(1, 2), position: { x: 0, y: 0 }, point: null };
const settled = (): Promise<void> => new Promise(setImmediate);

function opened(): { hand: Hand; moves: Held[] } {
  const moves: Held[] = [];
  const engine = { latentNear: ({ x, y }: { x: number; y: number }) => Promise.resolve(Float32Array.of(x, y)) } as unknown as LocalEngine;
  const hand = new Hand(engine, {
    onTake: () => undefined,
    requestFrame: () => undefined,
    busy: () => false,
    onMove: (held) => moves.push(held),
    onError: assert.ifError,
  });
  return { hand, moves };
}

test("a stop that is put down stands where it was carried", async () => {
  const { hand, moves } = opened();
  hand.carry(1, STOP, { x: 3, y: 4 }, null);
  hand.follow();
  await settled();
  assert.deepEqual(moves.map(({ index, latent }) => [index, [...latent]]), [[1, [3, 4]]]);
  const dropped = await hand.drop();
  assert.deepEqual([dropped?.index, dropped?.from, dropped?.stop.position], [1, STOP, { x: 3, y: 4 }]);
  assert.equal(await hand.drop(), null);
});

test("a carry that is taken back is over at once, and what was on its way is no longer told", async () => {
  const { hand, moves } = opened();
  hand.carry(1, STOP, { x: 3, y: 4 }, null);
  hand.follow();
  assert.equal(hand.cancel(), 1);
  await settled();
  hand.follow();
  await settled();
  assert.deepEqual([moves, hand.held, hand.cancel()], [[], null, null]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Meter } from "../src/base/meter";
import { Remembered } from "../src/base/remembered";

test("what is under way or done is not begun again; what failed is", async () => {
  const remembered = new Remembered<number>();
  let begun = 0;
  const failing = (): Promise<number> => Promise.reject(new Error(`try ${++begun}`));
  const both = [remembered.get("a", failing), remembered.get("a", failing)];
  for (const one of both) await assert.rejects(one, /try 1/);
  await assert.rejects(remembered.get("a", failing), /try 2/);
  assert.equal(await remembered.get("a", () => Promise.resolve(7)), 7);
  assert.equal(await remembered.get("a", failing), 7);
  assert.equal(begun, 2);
  assert.deepEqual(await remembered.settled(), [7]);
});

test("each key is on its own, and can be forgotten", async () => {
  const remembered = new Remembered<string>();
  assert.equal(await remembered.get("a", () => Promise.resolve("first")), "first");
  assert.equal(await remembered.get("b", () => Promise.resolve("other")), "other");
  remembered.forget("a");
  assert.equal(await remembered.get("a", () => Promise.resolve("second")), "second");
  assert.equal(await remembered.get("b", () => assert.fail()), "other");
});

test("a failure that comes after another has begun takes nothing of it away", async () => {
  const remembered = new Remembered<number>();
  let fail = (_error: Error): void => undefined;
  const first = remembered.get("a", () => new Promise((_resolve, reject) => (fail = reject)));
  remembered.forget("a");
  const second = remembered.get("a", () => Promise.resolve(2));
  fail(new Error("late"));
  await assert.rejects(first, /late/);
  assert.equal(await remembered.get("a", () => assert.fail()), await second);
});

test("a share never goes back, though more is announced on the way, and counts from when it is listened to", () => {
  const meter = new Meter();
  meter.announce(100);
  meter.receive(50);
  const told: number[] = [];
  const abort = new AbortController();
  meter.listen((share) => told.push(share), abort.signal);
  meter.receive(25);
  meter.announce(100);
  meter.receive(5);
  meter.receive(100);
  meter.receive(20);
  abort.abort();
  meter.receive(1);
  assert.deepEqual(told, [0.5, 130 / 150, 1]);
});

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { fastestOf } from "../src/engine/choice";
import type { Engine, LocalEngine } from "../src/engine/engine";

const WORKER = { decode: () => Promise.reject(new Error("nobody asks it here")) } as unknown as Engine;
const real = performance.now;
let time = 0;

beforeEach(() => {
  time = 0;
  performance.now = () => time;
});

afterEach(() => {
  performance.now = real;
});

/** An engine in this thread that takes these times to decode, in milliseconds, the first of them cold. */
function engineOf(...times: readonly number[]): { engine: LocalEngine; count(): number } {
  let decoded = 0;
  const warm = (): Promise<void> => {
    time += times[Math.min(decoded, times.length - 1)]!;
    decoded++;
    return Promise.resolve();
  };
  return { engine: { warm } as unknown as LocalEngine, count: () => decoded };
}

test("this thread decodes where it is quick, and is believed at the first quick trial", async () => {
  const { engine, count } = engineOf(400, 3);
  assert.equal(await fastestOf(engine, () => Promise.resolve(WORKER)), engine);
  assert.equal(count(), 2);
});

test("a busy machine may show late what it can do", async () => {
  const { engine } = engineOf(400, 20, 15, 22, 18, 6);
  assert.equal(await fastestOf(engine, () => Promise.resolve(WORKER)), engine);
});

test("a worker decodes where this thread is always too slow", async () => {
  const { engine, count } = engineOf(400, 12);
  assert.equal(await fastestOf(engine, () => Promise.resolve(WORKER)), WORKER);
  assert.equal(count(), 11);
});

test("a model far beyond what a frame has is not tried long", async () => {
  const { engine, count } = engineOf(4000, 90);
  assert.equal(await fastestOf(engine, () => Promise.resolve(WORKER)), WORKER);
  assert.equal(count(), 4);
});

test("a graph that cannot be opened is told, and no worker is asked", async () => {
  const engine = { warm: () => Promise.reject(new Error("no such file")) } as unknown as LocalEngine;
  await assert.rejects(fastestOf(engine, () => assert.fail("asked")), /no such file/);
});

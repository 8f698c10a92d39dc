import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Engine } from "../src/engine/engine";
import { hasGpu, QuickestEngine } from "../src/engine/gpu";

const LATENT = Float32Array.of(1, 2);
const real = performance.now;
let time = 0;

beforeEach((context) => {
  time = 0;
  performance.now = () => time;
  if ("mock" in context) {
    context.mock.method(console, "info", () => undefined);
    context.mock.method(console, "warn", () => undefined);
  }
});

afterEach(() => {
  performance.now = real;
});

/** An engine that takes these times to decode, in milliseconds, and says by its images which one it is. */
function engineOf(name: number, ...times: readonly number[]): Engine & { broken: boolean } {
  let decoded = 0;
  return {
    broken: false,
    decode() {
      time += times[Math.min(decoded++, times.length - 1)]!;
      return this.broken ? Promise.reject(new Error("device lost")) : Promise.resolve(Float32Array.of(name));
    },
    means: () => Promise.resolve(Float32Array.of(name)),
    encode: () => Promise.resolve({ mean: Float32Array.of(name), logVariance: Float32Array.of(name), cholesky: null }),
  };
}

const decoder = async (engine: Engine): Promise<number> => (await engine.decode(LATENT))[0]!;

test("a worker that keeps up with the frames is left to its work, and nothing is fetched", async () => {
  const engine = new QuickestEngine(engineOf(1, 90, 12));
  await engine.consider(LATENT, () => assert.fail("asked"));
  assert.equal(await decoder(engine), 1);
});

test("a slow worker gives way to a graphics processor that is much quicker once it is warm", async () => {
  const engine = new QuickestEngine(engineOf(1, 50));
  await engine.consider(LATENT, () => Promise.resolve(engineOf(2, 900, 10)));
  assert.equal(await decoder(engine), 2);
  assert.deepEqual([(await engine.encode(LATENT)).mean[0], (await engine.means(LATENT))[0]], [1, 1]);
});

test("a graphics processor that is hardly quicker is left alone", async () => {
  const engine = new QuickestEngine(engineOf(1, 50));
  await engine.consider(LATENT, () => Promise.resolve(engineOf(2, 900, 40)));
  assert.equal(await decoder(engine), 1);
});

for (const [what, open] of [
  ["is none", () => Promise.resolve(null)],
  ["cannot be used", () => Promise.reject(new Error("no such operator"))],
  ["fails when it is tried", () => Promise.resolve(Object.assign(engineOf(2, 10), { broken: true }))],
] satisfies [string, () => Promise<Engine | null>][]) {
  test(`where there ${what}, the worker goes on`, async () => {
    const engine = new QuickestEngine(engineOf(1, 50));
    await engine.consider(LATENT, open);
    assert.equal(await decoder(engine), 1);
  });
}

test("a worker that fails when it is timed leaves all as it is", async () => {
  const engine = new QuickestEngine(Object.assign(engineOf(1, 50), { broken: true }));
  await engine.consider(LATENT, () => assert.fail("asked"));
  await assert.rejects(decoder(engine), /device lost/);
});

test("an image that a graphics processor owes when it is taken away comes from the worker, as all others do then", async () => {
  const gpu = engineOf(2, 10);
  const engine = new QuickestEngine(engineOf(1, 50));
  await engine.consider(LATENT, () => Promise.resolve(gpu));
  assert.equal(await decoder(engine), 2);
  gpu.broken = true;
  assert.equal(await decoder(engine), 1);
  gpu.broken = false;
  assert.equal(await decoder(engine), 1);
});

test("a processor that the browser only makes believe counts for none", async () => {
  const { navigator: own } = globalThis;
  const browserWith = (value: unknown): void => void Object.defineProperty(globalThis, "navigator", { configurable: true, value });
  const withAdapter = (adapter: object | null): void => browserWith({ gpu: { requestAdapter: async () => adapter } });
  browserWith({});
  assert.equal(await hasGpu(), false);
  withAdapter(null);
  assert.equal(await hasGpu(), false);
  withAdapter({ info: { isFallbackAdapter: true } });
  assert.equal(await hasGpu(), false);
  withAdapter({ info: { isFallbackAdapter: false } });
  assert.equal(await hasGpu(), true);
  browserWith(own);
});

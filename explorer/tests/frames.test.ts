import assert from "node:assert/strict";
import { test } from "node:test";
import type { Engine } from "../src/engine/engine";
import { Frames } from "../src/interpolate/frames";
import { type Choices, INITIAL_CHOICES, type Stop } from "../src/interpolate/state";

Object.assign(globalThis, { window: globalThis });

const stop = (id: string, ...latent: number[]): Stop => ({ id, name: id, latent: Float32Array.from(latent), position: { x: 0, y: 0 }, point: null, corner: false });
const THREE: Choices = { ...INITIAL_CHOICES, mode: "line", spacing: "image", frames: 9, stops: [stop("a", 0, 0), stop("b", 1, 0), stop("c", 9, 0)] };

test("a path saved right after a stop has gone ends where the path ends", async () => {
  const engine = { decode: (latents: Float32Array) => Promise.resolve(latents.slice()) } as unknown as Engine;
  const handlers = { onFree: () => undefined, onArrival: () => undefined, onRest: () => undefined, onError: assert.ifError, onNoFigures: assert.ifError };
  const stopping = new AbortController();
  const frames = new Frames(2, { live: engine, background: () => Promise.resolve(engine) }, handlers, stopping.signal);
  frames.lay(THREE, {}, null, null);
  const evenly = frames.plan!.parameters;
  while (frames.plan!.parameters === evenly) await new Promise(setImmediate); // until the path has been measured by its images
  assert.ok(frames.planned(5).parameters.at(-1)! === 2);
  frames.lay({ ...THREE, stops: THREE.stops.slice(0, 2) }, {}, null, null);
  const { parameters, latents } = frames.planned(5);
  assert.deepEqual([parameters.at(0), parameters.at(-1)], [0, 1]);
  assert.deepEqual([...latents.at(-1)!], [1, 0]);
  stopping.abort();
});

test("an error while the figures of a path are computed is told of", async () => {
  const failing = { decode: (latents: Float32Array) => Promise.resolve(latents.slice()) } as unknown as Engine;
  const told = new Promise((resolve) => {
    const handlers = { onFree: () => undefined, onArrival: () => undefined, onRest: () => undefined, onError: assert.ifError, onNoFigures: resolve };
    const frames = new Frames(2, { live: failing, background: () => Promise.reject(new Error("the worker is gone")) }, handlers, new AbortController().signal);
    frames.lay(THREE, {}, null, null);
  });
  assert.match(String(await told), /the worker is gone/);
});

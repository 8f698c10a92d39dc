import assert from "node:assert/strict";
import { test } from "node:test";
import { type Arrived, FrameDecoder, nearestTiles, spread, type Wanted } from "../src/interpolate/frameDecoder";

const MOST = 12;
const SHEETS: readonly [number, number][] = [[2, 1], [3, 1], [12, 1], [13, 1], [24, 1], [120, 1], [5, 5], [9, 9], [15, 15]];

test("the first tiles are few, spread over the whole sheet, its corners among them", () => {
  for (const [columns, rows] of SHEETS) {
    const tiles = spread(columns, rows, MOST);
    assert.equal(new Set(tiles).size, tiles.length);
    assert.ok(tiles.length <= MOST && tiles.length >= Math.min(9, columns * rows));
    for (const corner of [0, columns - 1, columns * (rows - 1), columns * rows - 1]) assert.ok(tiles.includes(corner), `${columns} × ${rows}`);
    const farthest = nearestTiles(columns, rows, tiles).map((near, tile) =>
      Math.max(Math.abs((near % columns) - (tile % columns)), Math.abs(Math.floor(near / columns) - Math.floor(tile / columns))),
    );
    assert.ok(Math.max(...farthest) <= Math.ceil(Math.max(columns / 12, rows > 1 ? columns / 3 : 0) / 2) + 1);
  }
});

test("a tile that is not there is stood in for by the nearest that is", () => {
  assert.deepEqual(nearestTiles(7, 1, [0, 3, 6]), [0, 0, 3, 3, 3, 6, 6]);
  assert.deepEqual(nearestTiles(3, 3, [0, 8]), [0, 0, 0, 0, 0, 8, 0, 8, 8]);
  assert.deepEqual(nearestTiles(2, 2, [0, 1, 2, 3]), [0, 1, 2, 3]);
});

/** Two dimensions in, two pixels out: the same numbers. Answers come when the test says so. */
class SlowEngine {
  readonly asked: number[][] = [];
  private finish: { resolve(images: Float32Array): void; reject(error: Error): void } | null = null;

  decode(latents: Float32Array): Promise<Float32Array> {
    assert.equal(this.finish, null, "two decodes at once");
    this.asked.push([...latents]);
    return new Promise((resolve, reject) => (this.finish = { resolve, reject }));
  }

  async answer(error?: Error): Promise<void> {
    const finish = this.finish!;
    this.finish = null;
    if (error) finish.reject(error);
    else finish.resolve(Float32Array.from(this.asked.at(-1)!));
    await new Promise(setImmediate);
  }
}

/** A strip whose tile k has the latent (sheet, k). */
const strip = (sheet: number, columns: number, held: Float32Array | null = null): Wanted => ({
  latents: Float32Array.from({ length: 2 * columns }, (_, index) => (index % 2 === 0 ? sheet : (index - 1) / 2)),
  columns,
  rows: 1,
  held,
  pointerTime: sheet,
});

function followed(onFree: () => void = () => undefined): { engine: SlowEngine; arrivals: Arrived[]; errors: unknown[]; decoder: FrameDecoder } {
  const engine = new SlowEngine();
  const arrivals: Arrived[] = [];
  const errors: unknown[] = [];
  const decoder = new FrameDecoder(engine, 2, { onFree, onArrival: (arrived) => arrivals.push(arrived), onError: (error) => errors.push(error) });
  return { engine, arrivals, errors, decoder };
}

test("a sheet comes in batches, every tile once with its own image, and the last batch completes it", async () => {
  const { engine, arrivals, decoder } = followed();
  decoder.want(strip(1, 30));
  for (let batch = 0; batch < 3; batch++) await engine.answer();
  assert.deepEqual(arrivals.map(({ complete }) => complete), [false, false, true]);
  assert.deepEqual(arrivals.flatMap(({ tiles }) => tiles).sort((a, b) => a - b), Array.from({ length: 30 }, (_, tile) => tile));
  for (const { tiles, images } of arrivals) tiles.forEach((tile, index) => assert.deepEqual([...images[index]!], [1, tile]));
  assert.ok(arrivals[0]!.tiles.includes(0) && arrivals[0]!.tiles.includes(29));
  assert.ok(engine.asked.every((asked) => asked.length <= 2 * MOST));
  decoder.want(strip(2, 5));
  await engine.answer();
  assert.deepEqual(arrivals.slice(3).map(({ tiles, complete }) => [tiles.length, complete]), [[5, true]]);
});

test("the newest sheet wins, whatever has begun shows its first batch, and what came between is never decoded", async () => {
  const { engine, arrivals, decoder } = followed();
  decoder.want(strip(1, 40));
  for (const sheet of [2, 3, 4]) decoder.want(strip(sheet, 40));
  assert.equal(decoder.busy, true);
  await engine.answer(); // the first batch of sheet 1 is shown although it is old: a hand is followed
  assert.deepEqual(arrivals.map(({ wanted, complete }) => [wanted.pointerTime, complete]), [[1, false]]);
  await engine.answer();
  decoder.want(strip(5, 40)); // comes while sheet 4 is half there
  await engine.answer();
  await engine.answer();
  assert.deepEqual(arrivals.map(({ wanted }) => wanted.pointerTime), [1, 4, 4, 5]);
  for (let batch = 0; batch < 3; batch++) await engine.answer();
  assert.deepEqual([arrivals.at(-1)!.complete, arrivals.at(-1)!.wanted.pointerTime, decoder.busy], [true, 5, false]);
});

test("what the hand holds comes with the first batch alone", async () => {
  const { engine, arrivals, decoder } = followed();
  decoder.want(strip(1, 20, Float32Array.of(7, 8)));
  await engine.answer();
  await engine.answer();
  assert.deepEqual(engine.asked.map((asked) => asked.length), [2 * (MOST + 1), 2 * (20 - MOST)]);
  assert.deepEqual(arrivals.map(({ held }) => held && [...held]), [[7, 8], null]);
  for (const { tiles, images } of arrivals) tiles.forEach((tile, index) => assert.deepEqual([...images[index]!], [1, tile]));
});

test("what the hand holds is not decoded twice where the path passes through it", async () => {
  const { engine, arrivals, decoder } = followed();
  decoder.want(strip(1, 5, Float32Array.of(1, 4)));
  await engine.answer();
  assert.equal(engine.asked[0]!.length, 2 * 5);
  assert.deepEqual([...arrivals[0]!.held!], [1, 4]);
});

test("tiles that have the latents that they had are there again without being decoded", async () => {
  const { engine, arrivals, decoder } = followed();
  decoder.want(strip(1, 5));
  await engine.answer();
  const moved = strip(1, 5);
  moved.latents.set([9, 9], 2 * 2);
  decoder.want(moved);
  await engine.answer();
  assert.deepEqual(engine.asked[1], [9, 9]);
  const [before, after] = arrivals.map(({ tiles, images }) => new Map(tiles.map((tile, index) => [tile, images[index]!])));
  for (const tile of [0, 1, 3, 4]) assert.equal(after!.get(tile), before!.get(tile));
  assert.deepEqual([[...after!.get(2)!], arrivals[1]!.complete], [[9, 9], true]);
  decoder.want({ ...moved, latents: moved.latents.slice(), held: Float32Array.of(9, 9) });
  await new Promise(setImmediate);
  assert.equal(engine.asked.length, 2);
  assert.deepEqual([arrivals[2]!.tiles.length, arrivals[2]!.complete, [...arrivals[2]!.held!]], [5, true, [9, 9]]);
});

test("after an error everything is decoded again", async () => {
  const { engine, decoder } = followed();
  decoder.want(strip(1, 5));
  await engine.answer();
  decoder.want(strip(2, 5));
  await engine.answer(new Error("no memory"));
  decoder.want(strip(1, 5));
  await engine.answer();
  assert.equal(engine.asked[2]!.length, 2 * 5);
});

test("the hand's newest place is being decoded before what has come is shown", async () => {
  const steps: string[] = [];
  let sheet = 1;
  const decode = (latents: Float32Array): Promise<Float32Array> => {
    steps.push(`decode ${latents[0]}`);
    return Promise.resolve(latents.slice());
  };
  const decoder: FrameDecoder = new FrameDecoder({ decode }, 2, {
    onFree: () => sheet < 3 && decoder.want(strip(++sheet, 5)),
    onArrival: ({ wanted }) => steps.push(`show ${wanted.pointerTime}`),
    onError: assert.ifError,
  });
  decoder.want(strip(1, 5));
  await new Promise(setImmediate);
  assert.deepEqual(steps, ["decode 1", "decode 2", "show 1", "decode 3", "show 2", "show 3"]);
});

test("what is wanted because of an error is decoded at once", async () => {
  const engine = new SlowEngine();
  const arrivals: Arrived[] = [];
  const decoder: FrameDecoder = new FrameDecoder(engine, 2, {
    onFree: () => undefined,
    onArrival: (arrived) => arrivals.push(arrived),
    onError: () => decoder.want(strip(1, 4)),
  });
  decoder.want(strip(1, 4));
  await engine.answer(new Error("no memory"));
  await engine.answer(new Error("no memory"));
  await engine.answer();
  assert.deepEqual(arrivals.map(({ complete }) => complete), [true]);
  decoder.want(strip(2, 4));
  await engine.answer();
  assert.equal(arrivals.length, 2);
});

test("an error is reported, and the next sheet is served", async () => {
  const { engine, arrivals, errors, decoder } = followed();
  decoder.want(strip(1, 4));
  await engine.answer(new Error("no memory"));
  assert.deepEqual(errors.map(String), ["Error: no memory"]);
  assert.equal(decoder.busy, false);
  decoder.want(strip(2, 4));
  await engine.answer();
  assert.deepEqual(arrivals.map(({ wanted, complete }) => [wanted.pointerTime, complete]), [[2, true]]);
});

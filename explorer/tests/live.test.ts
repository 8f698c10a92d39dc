import assert from "node:assert/strict";
import { test } from "node:test";
import type { Engine } from "../src/engine/engine";
import { type Answered, LiveDecode } from "../src/engine/live";

const latent = (x: number): Float32Array => Float32Array.of(x);

/** An engine whose answers come when the test says so. */
class SlowEngine implements Pick<Engine, "decode"> {
  readonly asked: number[] = [];
  private finish: ((image: Float32Array) => void) | null = null;

  decode(asked: Float32Array): Promise<Float32Array> {
    assert.equal(this.finish, null, "two decodes at once");
    this.asked.push(asked[0]!);
    return new Promise((resolve) => (this.finish = resolve));
  }

  async answer(): Promise<void> {
    const finish = this.finish;
    this.finish = null;
    finish?.(new Float32Array(1));
    await new Promise(setImmediate);
  }
}

test("the newest latent wins and nothing queues", async () => {
  const engine = new SlowEngine();
  const answers: Answered[] = [];
  const live = new LiveDecode(engine, (answered) => answers.push(answered), assert.ifError);
  live.want(latent(1), 10);
  live.pump();
  for (const x of [2, 3, 4]) {
    live.want(latent(x), 10 * x);
    live.pump();
  }
  await engine.answer();
  assert.deepEqual(engine.asked, [1, 4]);
  assert.equal(answers[0]?.newest, false);
  assert.equal(live.settled, false);
  await engine.answer();
  assert.deepEqual(answers.map((answered) => answered.pointerTime), [10, 40]);
  assert.equal(answers[1]?.newest, true);
  assert.equal(live.settled, true);
});

test("the next latent is being decoded before an image is shown", async () => {
  const engine = new SlowEngine();
  const asked: number[] = [];
  const live = new LiveDecode(engine, () => asked.push(engine.asked.length), assert.ifError);
  live.want(latent(1), null);
  live.pump();
  live.want(latent(2), null);
  await engine.answer();
  await engine.answer();
  assert.deepEqual(asked, [2, 2]);
});

test("an error is reported and the next latent is served", async () => {
  const errors: unknown[] = [];
  const failing = { decode: () => Promise.reject(new Error("no")) };
  const live = new LiveDecode(failing, () => assert.fail("no answer was given"), (error) => errors.push(error));
  live.want(latent(1), null);
  live.pump();
  await new Promise(setImmediate);
  assert.equal(errors.length, 1);
  live.want(latent(2), null);
  live.pump();
  await new Promise(setImmediate);
  assert.equal(errors.length, 2);
});

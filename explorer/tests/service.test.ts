import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Service, type Step } from "../src/interpolate/service";

const own = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = own;
});

/** A server that answers with these pieces, as the network happens to cut them. */
function serve(status: number, pieces: readonly string[], headers: Record<string, string> = {}): void {
  globalThis.fetch = () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
        controller.close();
      },
    });
    return Promise.resolve(new Response(body, { status, headers }));
  };
}

const ask = (onStep: (step: Step) => void = () => undefined) => new Service("http://server/model/").geodesic([Float32Array.of(0), Float32Array.of(1)], onStep, new AbortController().signal);

test("the place in the queue is told, then the work, then the result", async () => {
  serve(200, ['{"step": {"stage": "Waiting: 1 before yours", "done": 0, "tot', 'al": 1}}\n{"step": {"stage": "geodesic", "done": 5, "total": 200}}\n', '{"result": {"points": [[0], [1]], "points_per_segment": 1, "length": 2, "line_length": 3}}\n']);
  const stages: string[] = [];
  const found = await ask(({ stage }) => stages.push(stage));
  assert.deepEqual(stages, ["Waiting: 1 before yours", "geodesic"]);
  assert.equal(found.lineLength, 3);
});

test("a share that is spent says so, and when there is some of it again", async () => {
  serve(429, ['{"error": "This demo makes 12 paths and films a minute for each visitor."}'], { "Retry-After": "23" });
  await assert.rejects(ask(), { message: "The server could not do this. This demo makes 12 paths and films a minute for each visitor. Try again in 23 s." });
});

test("a refusal without words is told by its number, an error in mid-work in its words", async () => {
  serve(502, ["<html>"]);
  await assert.rejects(ask(), { message: "The server could not do this. It answered 502. Try again." });
  serve(200, ['{"step": {"stage": "geodesic", "done": 1, "total": 2}}\n{"error": "The process has ended."}\n']);
  await assert.rejects(ask(), { message: "The server could not do this. The process has ended. Try again." });
});

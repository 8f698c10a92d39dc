import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { type Geodesic, Service, type Step } from "../src/interpolate/service";

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

const ask = (onStep: (step: Step) => void = () => undefined, onSketch: (sketch: Geodesic) => void = () => undefined) =>
  new Service("http://server/model/").geodesic("data", [Float32Array.of(0), Float32Array.of(1)], { onStep, onSketch }, new AbortController().signal);
const path = (length: number): string => `{"points": [[0], [1]], "points_per_segment": 1, "length": ${length}, "line_length": 3, "log_density": -4, "line_log_density": -5, "fitted": true}`;

test("the place in the queue is told, then the work, then the result", async () => {
  serve(200, ['{"step": {"stage": "Waiting: 1 before yours", "done": 0, "tot', 'al": 1}}\n{"step": {"stage": "geodesic", "done": 5, "total": 200}}\n', `{"result": ${path(2)}}\n`]);
  const stages: string[] = [];
  const found = await ask(({ stage }) => stages.push(stage));
  assert.deepEqual(stages, ["Waiting: 1 before yours", "geodesic"]);
  assert.deepEqual(found, { points: [Float32Array.of(0), Float32Array.of(1)], pointsPerSegment: 1, length: 2, lineLength: 3, logDensity: -4, lineLogDensity: -5, fitted: true });
});

test("a sketch is told before the result", async () => {
  serve(200, [`{"sketch": ${path(2.5)}}\n{"step": {"stage": "along the data", "done": 21, "total": 220}}\n`, `{"result": ${path(2)}}\n`]);
  const told: (string | number)[] = [];
  const found = await ask(({ stage }) => told.push(stage), ({ length }) => told.push(length));
  assert.deepEqual([...told, found.length], [2.5, "along the data", 2]);
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

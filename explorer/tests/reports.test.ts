import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../src/interpolate/plan";
import { Reports } from "../src/interpolate/reports";
import { INITIAL_CHOICES } from "../src/interpolate/state";

function watched(): { reports: Reports; told: string[] } {
  const told: string[] = [];
  return { reports: new Reports({ onScene: () => told.push("frames"), onKept: (_, text) => told.push(text) }), told };
}

const planned = (): Plan => ({ latents: [], parameters: [], columns: 1, rows: 1 });

test("a scene is told of once, whether it is kept before or after its frames are there", () => {
  const { reports, told } = watched();
  const plan = planned();
  reports.kept("first", plan);
  reports.scene(INITIAL_CHOICES, plan, {}, [], "first");
  reports.kept("first", plan);
  assert.deepEqual(told, ["frames", "first"]);
  reports.kept("another view of it", plan);
  reports.kept("first", plan);
  assert.deepEqual(told.slice(2), ["another view of it", "first"]);
});

test("other frames under the same text are told of, and a text without its frames is not", () => {
  const { reports, told } = watched();
  reports.scene(INITIAL_CHOICES, planned(), {}, [], "text");
  const next = planned();
  reports.kept("moved", next);
  reports.scene(INITIAL_CHOICES, next, {}, [], "text");
  assert.deepEqual(told, ["frames", "text", "frames", "text"]);
});

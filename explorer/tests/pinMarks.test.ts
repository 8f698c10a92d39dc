import assert from "node:assert/strict";
import { test } from "node:test";
import type { MapPane } from "../src/map/map";
import { type Marked, PinMarks } from "../src/map/pinMarks";

test("a place is looked up once while its mark is shown, and not kept for a mark that has gone", () => {
  const looked: number[] = [];
  const shown: string[][] = [];
  const map = { setMarks: (_set: string, marks: readonly { label: string }[]) => shown.push(marks.map(({ label }) => label)) } as unknown as MapPane;
  const marks = new PinMarks(map, ([x]) => {
    looked.push(x!);
    return { x: x!, y: 0 };
  });
  const mark = (id: number): Marked => ({ id: String(id), name: `mark ${id}`, latent: Float32Array.of(id) });
  marks.show([mark(1), mark(2)]);
  marks.show([mark(2), mark(3)]); // a stroke later
  marks.show([mark(1), mark(2)]);
  assert.deepEqual(looked, [1, 2, 3, 1]);
  assert.deepEqual(shown.at(-1), ["mark 1", "mark 2"]);
});

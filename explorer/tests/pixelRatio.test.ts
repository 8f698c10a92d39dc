import assert from "node:assert/strict";
import { test } from "node:test";
import { onPixelRatio } from "../src/page/pixelRatio";

test("every change of the pixel ratio is told of, until the page is left", () => {
  const queries = new Map<string, EventTarget>();
  const matchMedia = (query: string): EventTarget => {
    const made = queries.get(query) ?? new EventTarget();
    queries.set(query, made);
    return made;
  };
  const moveTo = (ratio: number): void => {
    const before = queries.get(`(resolution: ${(globalThis as { devicePixelRatio?: number }).devicePixelRatio}dppx)`);
    Object.assign(globalThis, { devicePixelRatio: ratio });
    before?.dispatchEvent(new Event("change"));
  };
  Object.assign(globalThis, { window: { matchMedia }, devicePixelRatio: 1 });
  const page = new AbortController();
  let told = 0;
  onPixelRatio(() => told++, page.signal);
  moveTo(2);
  moveTo(1.25);
  moveTo(2);
  assert.equal(told, 3);
  page.abort();
  moveTo(1);
  assert.equal(told, 3);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { boundsAround } from "../src/base/geometry";
import { View } from "../src/map/view";

test("points have some room round them", () => {
  assert.deepEqual(boundsAround(Float32Array.of(0, 0, 10, 5)), { left: -0.2, bottom: -0.2, right: 10.2, top: 5.2 });
});

test("points on one spot, wherever it is, have a map with room to move on", () => {
  for (const spot of [0, 3, -1e6]) {
    const bounds = boundsAround(Float32Array.of(spot, 2, spot, 2));
    assert.ok(bounds.right - bounds.left > 0.5 && bounds.top - bounds.bottom > 0.5);
    const view = new View(bounds);
    view.resize(800, 600);
    assert.ok(Math.abs(view.toPosition({ left: 500, top: 300 }).x - view.toPosition({ left: 400, top: 300 }).x) > 0.01);
  }
});

test("a small map is not taken for a spot", () => {
  const { left, right } = boundsAround(Float32Array.of(0, 0, 1e-4, 0));
  assert.ok(right - left < 2e-4);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { signed } from "../src/base/signed";
import { inWords } from "../src/runs/numbers";

test("a minus sign is a minus sign, and zero has none", () => {
  assert.equal(signed((-1.5).toFixed(2)), "−1.50");
  assert.equal(signed((-0.001).toFixed(2)), "0.00");
  assert.equal(signed((-0).toLocaleString("en")), "0");
  assert.equal(signed((-0.01).toFixed(2)), "−0.01");
  assert.equal(signed("-1e-7"), "−1e−7");
});

test("what stands under a run's curves has as many decimals as say something, and the same signs", () => {
  assert.deepEqual([-1234.5, -12.34, -0.001, 0.126, null].map(inWords), ["−1,235", "−12.3", "0", "0.13", "–"]);
});

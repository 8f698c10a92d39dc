import assert from "node:assert/strict";
import { test } from "node:test";
import { anchorReach, fade, latentAt } from "../src/plane/anchor";

const anchor = { position: { x: 1, y: 2 }, latent: Float32Array.of(3, -1) };
const planeAtAnchor = Float32Array.of(2, 0);

test("on its anchor the latent is exactly the anchor's", () => {
  assert.deepEqual(latentAt({ x: 1, y: 2 }, Float32Array.of(9, 9), anchor, planeAtAnchor, 0.5), anchor.latent);
});

test("one reach away, e to the minus a half of the residual is left", () => {
  const [first, second] = latentAt({ x: 1.5, y: 2 }, Float32Array.of(5, 5), anchor, planeAtAnchor, 0.5);
  assert.ok(Math.abs(first! - (5 + Math.exp(-0.5))) < 1e-6);
  assert.ok(Math.abs(second! - (5 - Math.exp(-0.5))) < 1e-6);
});

test("far away there is the plane alone", () => {
  const far = latentAt({ x: 40, y: 2 }, Float32Array.of(5, 6), anchor, planeAtAnchor, 0.5);
  assert.deepEqual(far, Float32Array.of(5, 6));
});

test("the pull fades from one and reaches a tenth of the map's larger side", () => {
  assert.equal(fade(0, 2), 1);
  assert.ok(fade(1, 2) > fade(2, 2));
  assert.equal(anchorReach(4, 7), 0.7000000000000001);
});

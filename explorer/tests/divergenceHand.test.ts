import assert from "node:assert/strict";
import { test } from "node:test";
import { covarianceOf, divergenceTerms, type Gaussian, STANDARD } from "../src/learn/divergence/gaussian";
import { axisEnd, dragAxis, LIMITS, standing } from "../src/learn/divergence/hand";
import { sentence } from "../src/learn/divergence/sentence";

const LEANING: Gaussian = { mean: { x: 0.5, y: -1 }, deviations: [1.6, 0.4], angle: 0.9 };

const close = (one: number, other: number): boolean => Math.abs(one - other) < 1e-9;

test("a handle that is brought to where it is changes nothing", () => {
  for (const axis of [0, 1] as const) {
    const { deviations, angle } = { ...LEANING, ...dragAxis(LEANING, axis, axisEnd(LEANING, axis), "full") };
    assert.ok(close(deviations[0], 1.6) && close(deviations[1], 0.4) && close(angle, 0.9));
  }
});

test("the handle of either axis turns both, and makes its own longer", () => {
  for (const axis of [0, 1] as const) {
    const to = { x: LEANING.mean.x - 1.7, y: LEANING.mean.y + 1.1 };
    const after = { ...LEANING, ...dragAxis(LEANING, axis, to, "full") };
    const end = axisEnd(after, axis);
    assert.ok(close(end.x, to.x) && close(end.y, to.y));
    assert.equal(after.deviations[1 - axis], LEANING.deviations[1 - axis]);
  }
});

test("turned all the way round, the angle stays a small number", () => {
  let gaussian = LEANING;
  for (let step = 1; step <= 100; step++) {
    const angle = 0.9 + step * 0.3;
    const to = { x: gaussian.mean.x + 2 * Math.cos(angle), y: gaussian.mean.y + 2 * Math.sin(angle) };
    const after = { ...gaussian, ...dragAxis(gaussian, 0, to, "full") };
    assert.ok(Math.abs(after.angle) <= 2 * Math.PI);
    assert.ok(close(Math.cos(after.angle), Math.cos(angle)) && close(Math.sin(after.angle), Math.sin(angle)));
    gaussian = after;
  }
});

test("diagonal axes stay upright, and none gets longer or shorter than it may", () => {
  const upright: Gaussian = { ...LEANING, angle: 0 };
  const after = { ...upright, ...dragAxis(upright, 0, { x: 0.6, y: 3 }, "diagonal") };
  assert.equal(after.angle, 0);
  assert.equal(after.deviations[0], LIMITS.narrow);
  assert.equal({ ...upright, ...dragAxis(upright, 1, { x: 0, y: 30 }, "diagonal") }.deviations[1], LIMITS.wide);
});

test("turning costs nothing, and a lean is worth what it costs beyond its diagonal", () => {
  const turned = divergenceTerms({ ...LEANING, angle: 2.2 });
  const before = divergenceTerms(LEANING);
  assert.ok(close(turned.divergence, before.divergence));
  const upright = standing(LEANING);
  const [full, diagonal] = [covarianceOf(LEANING), covarianceOf(upright)];
  assert.ok(close(full.xx, diagonal.xx) && close(full.yy, diagonal.yy) && close(diagonal.xy, 0));
  assert.ok(divergenceTerms(upright).divergence < before.divergence);
});

test("the sentence says what the nats are for", () => {
  const said = (gaussian: Gaussian): string => sentence(divergenceTerms(gaussian), gaussian.deviations);
  assert.match(said(STANDARD), /KL = 0 nats/);
  assert.match(said({ ...STANDARD, mean: { x: 2, y: 0 } }), /2\.00 for where q is, 0\.00 for its shape/);
  assert.match(said({ ...STANDARD, deviations: [0.1, 1] }), /Narrow is dear/);
  assert.match(said({ ...STANDARD, deviations: [2, 1] }), /Wide is dear/);
});

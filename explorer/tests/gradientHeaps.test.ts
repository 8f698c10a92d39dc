import assert from "node:assert/strict";
import { test } from "node:test";
import { estimates, exactGradient, exactVariances, overNormal, type Setting, spreadOf, varianceRatio } from "../src/learn/gradients/estimators";
import { counted, roundExtent } from "../src/learn/gradients/heap";
import { sentence } from "../src/learn/gradients/sentence";
import { normalDraws } from "../src/learn/normalDraws";

const BUMP: Setting = {
  placed: { name: "bump", centre: 0.4, height: 1, frequency: 2 },
  mean: 0,
  sigma: 0.8,
  parameter: "mean",
  baseline: false,
};
const COUNT = 4000;

test("draws are those of N(0, 1), and the same for the same seed", () => {
  const draws = normalDraws(20_001, 5);
  const { mean, variance, standardError } = spreadOf(draws);
  assert.ok(Math.abs(mean) < 3 * standardError);
  assert.ok(Math.abs(variance - 1) < 0.03);
  assert.deepEqual(draws.slice(0, 10), normalDraws(10, 5));
  assert.notDeepEqual(draws.slice(0, 10), normalDraws(10, 6));
});

test("the quadrature knows the moments of N(0, 1)", () => {
  const moments = [1, 0, 1, 0, 3, 0, 15].map((moment, power) => overNormal((draw) => draw ** power) - moment);
  assert.ok(moments.every((error) => Math.abs(error) < 1e-12), String(moments));
});

test("the mean over more draws varies by as much less", () => {
  const draws = normalDraws(16 * COUNT, 2);
  const [one, many] = [1, 16].map((samples) => estimates(BUMP, draws, COUNT, samples));
  for (const kind of ["pathwise", "score"] as const) {
    const factor = spreadOf(one![kind]).variance / spreadOf(many![kind]).variance;
    assert.ok(Math.abs(factor / 16 - 1) < 0.15, `${kind} ${factor}`);
  }
});

test("what h is raised by moves no gradient, and the baseline takes it off the score function's spread", () => {
  const raised: Setting = { ...BUMP, placed: { ...BUMP.placed, height: 3 } };
  assert.equal(exactGradient(raised), exactGradient(BUMP));
  assert.equal(exactVariances(raised).pathwise, exactVariances(BUMP).pathwise);
  assert.ok(exactVariances(raised).score > 2 * exactVariances(BUMP).score);
  const [level, lifted] = [BUMP, raised].map((setting) => exactVariances({ ...setting, baseline: true }).score);
  assert.ok(Math.abs(level! - lifted!) < 1e-9);
});

test("a step's slopes have no spread to compare with", () => {
  const step: Setting = { ...BUMP, placed: { ...BUMP.placed, name: "step" } };
  assert.equal(varianceRatio(estimates(step, normalDraws(COUNT, 1), COUNT, 1)), null);
});

test("a heap counts each value once, and none beyond its ends", () => {
  const counts = counted(Float64Array.of(-1, -0.99, 0, 0.49, 0.999, 1, 7), { least: -1, most: 1 }, 4);
  assert.deepEqual([...counts], [2, 0, 2, 1]);
});

test("an extent is round, holds what it is for, and is not much wider", () => {
  for (const far of [0.1, 0.11, 1, 3.3, 7.4, 9.99, 260]) {
    const { least, most } = roundExtent(far);
    assert.equal(least, -most);
    assert.ok(most >= far && most <= 1.6 * far, `${far} ${most}`);
  }
});

test("the sentence says which variance is the larger one", () => {
  assert.match(sentence(BUMP, 0.2, 12.3), /score function’s variance is 12 times/);
  assert.match(sentence(BUMP, 0.2, 0.1), /pathwise variance is the larger one, 10 times/);
  assert.match(sentence(BUMP, 0.2, 1.1), /about the same/);
  assert.match(sentence(BUMP, 0.2, null), /no slope/);
});

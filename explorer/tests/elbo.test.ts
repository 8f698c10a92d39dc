import assert from "node:assert/strict";
import { test } from "node:test";
import { logLikelihood } from "../src/own/elbo";

const near = (actual: number, expected: number, within: number): void =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected}`);

// Oracle: torch.distributions 2.15 in float64 (log_prob of Bernoulli, Normal, Laplace
// and ContinuousBernoulli, whose mean stands for the decoded image).
const x = Float32Array.of(0, 0.25, 1, 0.6, 0.1, 0.9, 0.5);
const decoded = Float32Array.of(0.02, 0.3, 0.4995, 0.5, 0.503, 0.8, 0.97);

test("Bernoulli", () => near(logLikelihood(x, decoded, "bernoulli", null), -4.804243756120268, 1e-5));

test("Gaussian with its constant", () => near(logLikelihood(x, decoded, "gaussian", 0.05), -2.51459927499374, 1e-5));

test("Laplace with its constant", () => near(logLikelihood(x, decoded, "laplace", 0.05), -2.3353590788807423, 1e-5));

test("continuous Bernoulli, from its mean", () => {
  // probs 0.02, 0.3, 0.4995, 0.5, 0.503, 0.8, 0.97
  const means = [0.23611583785154203, 0.43022250114382865, 0.4998333332888889, 0.5, 0.5010000096006451, 0.6119858128888517, 0.7442360647839456];
  const logProbabilities = [1.3794962783409572, 0.1820883418449255, -0.001000167000105745, 0, -0.004806057738041769, 0.4756868963180728, -0.46072254990185124];
  means.forEach((mean, index) => {
    const one = logLikelihood(x.subarray(index, index + 1), Float32Array.of(mean), "continuous-bernoulli", null);
    near(one, logProbabilities[index]!, 2e-6);
  });
});

test("the continuous Bernoulli is a density with that mean, from nearly black to nearly white", () => {
  const STEPS = 20000;
  for (const mean of [0.02, 0.2, 0.45, 0.49, 0.499, 0.5, 0.501, 0.52, 0.6, 0.9, 0.98]) {
    let [mass, first] = [0, 0];
    for (let step = 0; step < STEPS; step++) {
      const pixel = (step + 0.5) / STEPS;
      const density = Math.exp(logLikelihood(Float32Array.of(pixel), Float32Array.of(mean), "continuous-bernoulli", null));
      mass += density / STEPS;
      first += (density * pixel) / STEPS;
    }
    near(mass, 1, 1e-5);
    near(first, mean, 1e-5);
  }
});

test("a pixel decoded as quite black or white costs a finite amount", () => {
  for (const likelihood of ["bernoulli", "continuous-bernoulli"] as const) {
    for (const pixel of [0, 1]) {
      for (const mean of [0, 1]) {
        assert.ok(Number.isFinite(logLikelihood(Float32Array.of(pixel), Float32Array.of(mean), likelihood, null)));
      }
    }
  }
});

test("a Gaussian or a Laplace without its variance is refused", () => {
  for (const likelihood of ["gaussian", "laplace"] as const) {
    assert.throws(() => logLikelihood(x, decoded, likelihood, null), new RegExp(`${likelihood} .* variance`));
  }
});

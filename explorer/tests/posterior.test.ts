import assert from "node:assert/strict";
import { test } from "node:test";
import { random } from "../src/base/random";
import { DiagonalPosterior, FullPosterior, posteriorOf } from "../src/own/posterior";

const near = (actual: number, expected: number, within: number): void =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected}`);

// Oracle: torch.distributions 2.15 in float64 (log_prob and kl_divergence of Normals and MultivariateNormals).
const FULL = new FullPosterior(Float32Array.of(0.25, -1.5, 0.5), Float32Array.of(0.5, 0, 0, -0.75, 0.25, 0, 1.5, 0.125, 2));

test("a diagonal covariance: KL from N(0, I), density and draws", () => {
  const posterior = new DiagonalPosterior(Float32Array.of(0.3, -1.2, 0, 2), Float32Array.of(-1.5, 0.2, 0, -4));
  near(posterior.kl(), 4.646424278598667, 1e-6);
  assert.equal(new DiagonalPosterior(new Float32Array(8), new Float32Array(8)).kl(), 0);
  near(new DiagonalPosterior(Float32Array.of(0.25, -1.5), Float32Array.of(-1, 0.5)).logDensity(Float32Array.of(0.5, 1)), -3.56823168515067, 1e-6);
  const [first] = new DiagonalPosterior(Float32Array.of(1), Float32Array.of(2 * Math.log(3))).sample(() => -2);
  near(first!, -5, 1e-6);
});

test("a full covariance: KL from N(0, I), density and draws", () => {
  near(FULL.kl(), 4.737856861119891, 1e-6);
  near(FULL.logDensity(Float32Array.of(0.5, -1, 2)), -7.632728269744128, 1e-6);
  const noise = [1, -2, 0.5];
  assert.deepEqual([...FULL.sample(() => noise.shift()!)], [0.75, -2.75, 2.75]);
});

test("two dimensions that go together are far from N(0, I), and their marginals are not", () => {
  const encoded = { mean: new Float32Array(2), logVariance: Float32Array.of(Math.log(0.25), Math.log(0.247525)), cholesky: Float32Array.of(0.5, 0, 0.495, 0.05) };
  const [full, marginal] = [posteriorOf(encoded, "full")!, posteriorOf({ ...encoded, cholesky: null }, "diagonal")!];
  near(full.kl(), 2.9376419541139365, 1e-5);
  near(full.logDensity(Float32Array.of(1, 1)), -0.1689976122954091, 1e-4);
  near(marginal.kl(), 0.64, 0.01);
  const uniform = random();
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const draws = Array.from({ length: 20_000 }, () => full.sample(normal));
  const product = (a: number, b: number): number => draws.reduce((sum, draw) => sum + draw[a]! * draw[b]!, 0) / draws.length;
  near(product(0, 1) / Math.sqrt(product(0, 0) * product(1, 1)), 0.495 / Math.sqrt(0.247525), 0.005);
});

test("of a full covariance the variances alone are no posterior", () => {
  assert.equal(posteriorOf({ mean: new Float32Array(2), logVariance: new Float32Array(2), cholesky: null }, "full"), null);
});

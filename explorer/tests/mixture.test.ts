import assert from "node:assert/strict";
import { test } from "node:test";
import { Mixture, packedLength } from "../src/plane/mixture";
import { normal, random } from "./random";

// Two components over three dimensions; the log densities, mean and variance are what torch.distributions says of them.
const COMPONENTS = [
  [-0.433499, 2.91962, -3.30311, -2.24529, 0.688742, 0.234622, 0.521446, -0.254673, -0.365079, 0.674202],
  [-1.0448, 5.95901, -0.870521, -7.26603, 0.495258, -0.397004, 1.04052, -0.169202, -0.616939, 0.55288],
];
const LATENTS = [[0, 0, 0], [1.5, -2, 0.5], [-4, 3, 1], [10, -10, 10]];
const LOG_DENSITIES = [-63.89136053, -23.02129126, -222.15780340, -286.39909314];
const MEAN = [3.98876, -2.44742, -4.0114];
const VARIANCE = [2.50026, 1.99757, 6.42261];

const mixture = new Mixture(Float32Array.from(COMPONENTS.flat()), 3);

test("a component takes as many numbers as it was packed into", () => {
  assert.equal(packedLength(3), COMPONENTS[0]!.length);
});

test("log densities are torch's", () => {
  LATENTS.forEach((latent, index) => assert.ok(Math.abs(mixture.logDensity(latent) / LOG_DENSITIES[index]! - 1) < 1e-5));
});

test("draws have the mixture's mean and variance", () => {
  const [uniform, noise, count] = [random(5), normal(6), 40_000];
  const draws = Array.from({ length: count }, () => mixture.sample(uniform, noise));
  MEAN.forEach((expected, dimension) => {
    const values = draws.map((draw) => draw[dimension]!);
    const mean = values.reduce((sum, value) => sum + value) / count;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
    assert.ok(Math.abs(mean - expected) < 0.06, `mean ${mean}`);
    assert.ok(Math.abs(variance / VARIANCE[dimension]! - 1) < 0.04, `variance ${variance}`);
  });
});

test("a draw at the very end of the weights is one of the last component", () => {
  const draw = mixture.sample(() => 1 - 2 ** -53, () => 0);
  assert.deepEqual([...draw], [...Float32Array.from(COMPONENTS[1]!.slice(1, 4))]);
});

test("what no component can reach has no density, and is no NaN", () => {
  assert.equal(mixture.logDensity([1e200, 0, 0]), -Infinity);
});

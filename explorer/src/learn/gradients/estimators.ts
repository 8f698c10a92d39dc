import { expectationOf, type Placed, slopeOf, heightOf } from "./functions";

/** What the gradient is taken by. */
export type Parameter = "mean" | "logSigma";

/** Everything that the two estimates depend on, but the draws. */
export interface Setting {
  readonly placed: Placed;
  readonly mean: number;
  readonly sigma: number;
  readonly parameter: Parameter;
  /** Whether the score function's estimate takes E[h] off h before. */
  readonly baseline: boolean;
}

/** Estimates by z = μ + σε and by the score function, from the same draws. */
export interface Estimates {
  readonly pathwise: Float64Array;
  readonly score: Float64Array;
}

type OfOneDraw = (draw: number) => number;

/** The two estimates from one ε: h′(z)·∂z and (h(z) - b)·∂log N(z; μ, σ²), S. Mohamed et al. 2020, sections 4 and 5. */
export function ofOneDraw({ placed, mean, sigma, parameter, baseline }: Setting): { pathwise: OfOneDraw; score: OfOneDraw } {
  const taken = baseline ? expectationOf(placed, mean, sigma).value : 0;
  const at = (draw: number): number => mean + sigma * draw;
  if (parameter === "mean") {
    return { pathwise: (draw) => slopeOf(placed, at(draw)), score: (draw) => ((heightOf(placed, at(draw)) - taken) * draw) / sigma };
  }
  return {
    pathwise: (draw) => slopeOf(placed, at(draw)) * sigma * draw,
    score: (draw) => (heightOf(placed, at(draw)) - taken) * (draw * draw - 1),
  };
}

/** `count` estimates, each the mean over `samples` of the draws (count · samples or more of N(0, 1)). */
export function estimates(setting: Setting, draws: Float64Array, count: number, samples: number): Estimates {
  const { pathwise, score } = ofOneDraw(setting);
  const made = { pathwise: new Float64Array(count), score: new Float64Array(count) };
  for (let index = 0; index < count; index++) {
    let [byPath, byScore] = [0, 0];
    for (let slot = index * samples; slot < (index + 1) * samples; slot++) {
      byPath += pathwise(draws[slot]!);
      byScore += score(draws[slot]!);
    }
    made.pathwise[index] = byPath / samples;
    made.score[index] = byScore / samples;
  }
  return made;
}

export interface Spread {
  readonly mean: number;
  readonly variance: number;
  /** Of the mean. */
  readonly standardError: number;
}

export function spreadOf(values: Float64Array): Spread {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { mean, variance, standardError: Math.sqrt(variance / count) };
}

/** How many times the one variance is the other, with the standard error of that by the delta method. */
export interface Ratio {
  readonly value: number;
  readonly standardError: number;
}

/** The score function's variance over the pathwise one; null where the pathwise one is 0. */
export function varianceRatio({ pathwise, score }: Estimates): Ratio | null {
  const [path, other] = [spreadOf(pathwise), spreadOf(score)];
  if (path.variance === 0) return null;
  const value = other.variance / path.variance;
  // The two share their draws: their errors are taken together, draw by draw.
  const sum = pathwise.reduce((total, estimate, index) => {
    const apart = (score[index]! - other.mean) ** 2 / other.variance - (estimate - path.mean) ** 2 / path.variance;
    return total + apart * apart;
  }, 0);
  return { value, standardError: (value * Math.sqrt(sum)) / pathwise.length };
}

/** The quadrature's reach, in standard deviations, and its nodes: for integrands of this kind its error vanishes exponentially. */
const REACH = 10;
const NODES = 2400;

/** The integral of a function times the density of N(0, 1), by the trapezoidal rule. */
export function overNormal(integrand: (draw: number) => number): number {
  const step = (2 * REACH) / NODES;
  let sum = 0;
  for (let node = 0; node <= NODES; node++) {
    const draw = node * step - REACH;
    sum += Math.exp(-(draw * draw) / 2) * integrand(draw);
  }
  return (sum * step) / Math.sqrt(2 * Math.PI);
}

/** The exact gradient, in closed form. */
export function exactGradient({ placed, mean, sigma, parameter }: Setting): number {
  const { byMean, byLogSigma } = expectationOf(placed, mean, sigma);
  return parameter === "mean" ? byMean : byLogSigma;
}

/** The exact variance of either estimate from one draw, by quadrature. */
export function exactVariances(setting: Setting): { readonly pathwise: number; readonly score: number } {
  const of = (estimate: OfOneDraw): number => {
    const mean = overNormal(estimate);
    return overNormal((draw) => (estimate(draw) - mean) ** 2);
  };
  const { pathwise, score } = ofOneDraw(setting);
  return { pathwise: of(pathwise), score: of(score) };
}

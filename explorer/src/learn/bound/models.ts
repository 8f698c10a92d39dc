import { random } from "../../base/random";
import { type Bell, density, divergence, HALF_LOG_TWO_PI, integral, logDensity } from "./normal";

/** Beyond this many standard deviations there is nothing of a bell that a sum of doubles would notice. */
const REACH = 10;
/** Steps over all of q, and over all of the latents that the prior allows. */
const STEPS = { q: 600, prior: 6000, seen: 240 };
const SEEN = 5;
/** Draws of the prior that stand against the quadrature. */
const DRAWS = 20_000;

/** What a bell q makes of log p(x), all in nats. */
export interface Parts {
  /** The mean of log p(x|z) over q. */
  readonly reconstruction: number;
  /** KL(q ‖ prior). */
  readonly fromPrior: number;
  readonly elbo: number;
  /** KL(q ‖ true posterior). */
  readonly gap: number;
}

/** A model of one latent number and one observed number: z ~ N(0, 1), x | z ~ N(image of z, noise²). */
export interface Model {
  readonly noise: number;
  /** Where a latent is decoded to. */
  decoded(z: number): number;
  /** log p(x), in nats. */
  logEvidence(x: number): number;
  /** p(x), to be drawn. */
  evidence(x: number): number;
  /** log p(z | x), in nats. */
  logPosterior(z: number, x: number): number;
  /** The mean of log p(x|z) over q, in nats. */
  reconstruction(q: Bell, x: number): number;
  /** KL(q ‖ true posterior), in nats. */
  gap(q: Bell, x: number): number;
}

export const PRIOR: Bell = { mean: 0, deviation: 1 };

const logJoint = (model: Model, z: number, x: number): number => logDensity(z, PRIOR) + logDensity(x, { mean: model.decoded(z), deviation: model.noise });

/** The mean of log N(x; …, deviation²) where the mean square by which x is missed is known. */
const likelihood = (deviation: number, missed: number): number => -HALF_LOG_TWO_PI - Math.log(deviation) - missed / (2 * deviation * deviation);

/** x | z ~ N(a z + b, noise²): all is known in closed form (Bishop 2006, section 2.3.3). */
export class LinearModel implements Model {
  constructor(
    readonly noise: number,
    readonly slope = 1.5,
    readonly offset = 0.5,
  ) {}

  decoded(z: number): number {
    return this.slope * z + this.offset;
  }

  logEvidence(x: number): number {
    return logDensity(x, { mean: this.offset, deviation: Math.hypot(this.slope, this.noise) });
  }

  evidence(x: number): number {
    return Math.exp(this.logEvidence(x));
  }

  posterior(x: number): Bell {
    const variance = this.slope ** 2 + this.noise ** 2;
    return { mean: (this.slope * (x - this.offset)) / variance, deviation: this.noise / Math.sqrt(variance) };
  }

  logPosterior(z: number, x: number): number {
    return logDensity(z, this.posterior(x));
  }

  reconstruction(q: Bell, x: number): number {
    return likelihood(this.noise, (x - this.decoded(q.mean)) ** 2 + (this.slope * q.deviation) ** 2);
  }

  gap(q: Bell, x: number): number {
    return divergence(q, this.posterior(x));
  }
}

/** x | z ~ N(z², noise²): z and −z make the same x, so that the true posterior has two peaks for x well above 0. */
export class SquareModel implements Model {
  /** The last x asked for and its log evidence: a hand that moves q asks for the same again and again. */
  private known: readonly [x: number, logEvidence: number] = [Number.NaN, 0];

  constructor(readonly noise: number) {}

  decoded(z: number): number {
    return z * z;
  }

  /** By quadrature: no closed form is known. */
  logEvidence(x: number): number {
    if (this.known[0] !== x) this.known = [x, logEvidenceByQuadrature(this, x)];
    return this.known[1];
  }

  /** As finely as a screen can show. */
  evidence(x: number): number {
    return 2 * integral((z) => Math.exp(logJoint(this, z, x)), 0, SEEN, STEPS.seen);
  }

  logPosterior(z: number, x: number): number {
    return logJoint(this, z, x) - this.logEvidence(x);
  }

  /** By the moments of a normal distribution up to the fourth. */
  reconstruction(q: Bell, x: number): number {
    const [square, variance] = [q.mean ** 2, q.deviation ** 2];
    const second = square + variance;
    const fourth = square ** 2 + 6 * square * variance + 3 * variance ** 2;
    return likelihood(this.noise, x * x - 2 * x * second + fourth);
  }

  gap(q: Bell, x: number): number {
    return gapByQuadrature(this, q, x);
  }
}

export function partsOf(model: Model, q: Bell, x: number): Parts {
  const [reconstruction, fromPrior] = [model.reconstruction(q, x), divergence(q, PRIOR)];
  return { reconstruction, fromPrior, elbo: reconstruction - fromPrior, gap: model.gap(q, x) };
}

/** log ∫ p(x|z) p(z) dz. */
export function logEvidenceByQuadrature(model: Model, x: number): number {
  let highest = -Infinity;
  for (let index = 0; index <= STEPS.prior; index++) highest = Math.max(highest, logJoint(model, -REACH + (2 * REACH * index) / STEPS.prior, x));
  return highest + Math.log(integral((z) => Math.exp(logJoint(model, z, x) - highest), -REACH, REACH, STEPS.prior));
}

const noise = random(7);
const DRAWN = Float64Array.from({ length: DRAWS }, () => Math.sqrt(-2 * Math.log(1 - noise())) * Math.cos(2 * Math.PI * noise()));

/** log p(x) as the mean of p(x|z) over the same draws of the prior each time, and its standard error. */
export function logEvidenceBySampling(model: Model, x: number): { readonly value: number; readonly error: number } {
  let [sum, squares] = [0, 0];
  for (const z of DRAWN) {
    const likely = density(x, { mean: model.decoded(z), deviation: model.noise });
    sum += likely;
    squares += likely * likely;
  }
  const mean = sum / DRAWS;
  return { value: Math.log(mean), error: Math.sqrt((squares / DRAWS - mean * mean) / DRAWS) / mean };
}

const overQ = (q: Bell, of: (z: number) => number): number =>
  integral((z) => density(z, q) * of(z), q.mean - REACH * q.deviation, q.mean + REACH * q.deviation, STEPS.q);

/** ∫ q (log q − log p(z|x)) dz. */
export const gapByQuadrature = (model: Model, q: Bell, x: number): number => overQ(q, (z) => logDensity(z, q) - model.logPosterior(z, x));

/** ∫ q (log p(x, z) − log q) dz. */
export const boundByQuadrature = (model: Model, q: Bell, x: number): number => overQ(q, (z) => logJoint(model, z, x) - logDensity(z, q));

/** The bell within limits that the bound is highest for, found from where it is: best mean and best width in turn. */
export function bestBell(model: Model, from: Bell, x: number, limits: { readonly mean: number; readonly narrow: number; readonly wide: number }): Bell {
  const bound = (mean: number, log: number): number => {
    const q = { mean, deviation: Math.exp(log) };
    return model.reconstruction(q, x) - divergence(q, PRIOR);
  };
  let [mean, log] = [from.mean, Math.log(from.deviation)];
  for (let round = 0; round < 40; round++) {
    const [at, width] = [mean, log];
    mean = highest((value) => bound(value, width), Math.max(-limits.mean, at - 1), Math.min(limits.mean, at + 1));
    log = highest((value) => bound(mean, value), Math.log(limits.narrow), Math.log(limits.wide));
  }
  return { mean, deviation: Math.exp(log) };
}

/** Where in an interval a function with one peak is highest, by golden sections (J. Kiefer, 1953). */
function highest(of: (value: number) => number, least: number, most: number): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [least, most];
  while (high - low > 1e-7) {
    const [left, right] = [high - golden * (high - low), low + golden * (high - low)];
    if (of(left) < of(right)) low = left;
    else high = right;
  }
  return (low + high) / 2;
}

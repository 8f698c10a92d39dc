import type { Likelihood } from "../model/manifest";

// The likelihood of one image, in nats with all constants: its average over the posterior, less the KL, is the ELBO.

/** `EDGE` of vae_core/model/imported.py: a float32 image may touch 0 or 1, where one wrong pixel would cost infinitely much. */
const NEAREST_TO_CERTAIN = 1e-6;

/**
 * log p(x|z) at one z. At the posterior's mean alone this is not the ELBO's first term: that is its average over
 * samples of z from the posterior.
 *
 * @param x the image in [0, 1]
 * @param decoded the mean of p(x|z), which may leave [0, 1]
 * @param variance σ of a Gaussian or Laplace likelihood, a pixel's variance; of no meaning to the others
 */
export function logLikelihood(
  x: Float32Array,
  decoded: Float32Array,
  likelihood: Likelihood,
  variance: number | null,
): number {
  const pixel = pixelLogLikelihood(likelihood, variance);
  return x.reduce((sum, value, index) => sum + pixel(value, decoded[index]!), 0);
}

function pixelLogLikelihood(likelihood: Likelihood, variance: number | null): (x: number, mean: number) => number {
  if (likelihood === "bernoulli") {
    return (x, mean) => x * Math.log(uncertain(mean)) + (1 - x) * Math.log1p(-uncertain(mean));
  }
  if (likelihood === "continuous-bernoulli") {
    return (x, mean) => {
      const logit = logitOfMean(uncertain(mean));
      return logit * x - logPartition(logit);
    };
  }
  if (likelihood === "unknown" || variance === null) throw new Error(`The ${likelihood} likelihood gives no figure without its variance.`);
  if (likelihood === "laplace") {
    const scale = Math.sqrt(variance / 2);
    return (x, mean) => -Math.log(2 * scale) - Math.abs(x - mean) / scale;
  }
  const constant = -0.5 * Math.log(2 * Math.PI * variance);
  return (x, mean) => constant - (x - mean) ** 2 / (2 * variance);
}

const uncertain = (mean: number): number => Math.min(1 - NEAREST_TO_CERTAIN, Math.max(NEAREST_TO_CERTAIN, mean));

/** Below this |logit| the closed forms of the continuous Bernoulli lose digits to cancellation: their series are exact. */
const SERIES_BELOW = 0.3;

/**
 * log ∫₀¹ e^{l·x} dx, what normalises the continuous Bernoulli: G. Loaiza-Ganem, J. Cunningham, “The continuous
 * Bernoulli: fixing a pervasive error in variational autoencoders”, 2019, as an exponential family in its logit l.
 */
function logPartition(logit: number): number {
  const size = Math.abs(logit);
  if (size >= SERIES_BELOW) return Math.max(logit, 0) + Math.log(-Math.expm1(-size) / size);
  const square = logit * logit;
  return logit / 2 + square * (1 / 24 + square * (-1 / 2880 + square / 181440));
}

/** The mean of the continuous Bernoulli with a logit, less ½, and its derivative. */
function centredMean(logit: number): { readonly value: number; readonly slope: number } {
  if (Math.abs(logit) >= SERIES_BELOW) {
    const value = -1 / Math.expm1(-logit) - 1 / logit - 0.5;
    return { value, slope: 1 / logit ** 2 - 1 / (2 * Math.sinh(logit / 2)) ** 2 };
  }
  const square = logit * logit;
  return {
    value: logit * (1 / 12 + square * (-1 / 720 + square / 30240)),
    slope: 1 / 12 + square * (-1 / 240 + square / 6048),
  };
}

const NEWTON_STEPS = 8;

/** The logit of the continuous Bernoulli with a mean in (0, 1), which unlike the Bernoulli's has no closed form. */
function logitOfMean(mean: number): number {
  // Right at both ends, and within half of itself in the middle.
  let logit = 1 / (1 - mean) - 1 / mean;
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const { value, slope } = centredMean(logit);
    const change = (mean - 0.5 - value) / slope;
    logit += change;
    if (Math.abs(change) <= 1e-12 * Math.abs(logit)) break;
  }
  return logit;
}

import type { Position } from "../../base/geometry";

/** Rows of a symmetric 2 × 2 matrix: (xx, xy, yy). */
export interface Covariance {
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
}

/** A Gaussian in the plane by its mean and its ellipse: standard deviations along two axes at right angles. */
export interface Gaussian {
  readonly mean: Position;
  /** Along the first axis and along the second. */
  readonly deviations: readonly [number, number];
  /** Radians from the x axis to the first axis, counterclockwise. */
  readonly angle: number;
}

/** The four terms of 2 KL(N(μ, Σ) ‖ N(0, I)), and the divergence, in nats. */
export interface Terms {
  readonly trace: number;
  readonly meanSquare: number;
  /** -d, d the number of dimensions. */
  readonly dimensions: number;
  readonly negativeLogDet: number;
  readonly divergence: number;
}

export function covarianceOf({ deviations: [first, second], angle }: Gaussian): Covariance {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const [a, b] = [first ** 2, second ** 2];
  return { xx: a * cosine ** 2 + b * sine ** 2, xy: (a - b) * cosine * sine, yy: a * sine ** 2 + b * cosine ** 2 };
}

/** KL(N(μ, Σ) ‖ N(0, I)) = ½ (tr Σ + μᵀμ - d - log det Σ): D. Kingma, M. Welling 2014, appendix B, for any Σ. */
export function divergenceTerms(gaussian: Gaussian): Terms {
  const { xx, yy } = covarianceOf(gaussian);
  const { x, y } = gaussian.mean;
  const [first, second] = gaussian.deviations;
  // By the axes, not the matrix: of a needle's determinant little would be left.
  const [trace, meanSquare, negativeLogDet] = [xx + yy, x * x + y * y, -2 * Math.log(first * second)];
  return { trace, meanSquare, dimensions: -2, negativeLogDet, divergence: (trace + meanSquare - 2 + negativeLogDet) / 2 };
}

/** The other way round: KL(N(0, I) ‖ N(μ, Σ)) = ½ (tr Σ⁻¹ + μᵀΣ⁻¹μ - d + log det Σ). */
export function otherWayRound(gaussian: Gaussian): number {
  const { mean, deviations, angle } = gaussian;
  const [first, second] = deviations;
  const [u, v] = along(mean, angle);
  return (1 / first ** 2 + 1 / second ** 2 + (u / first) ** 2 + (v / second) ** 2 - 2 + 2 * Math.log(first * second)) / 2;
}

/** A point's coordinates along the two axes. */
function along({ x, y }: Position, angle: number): readonly [number, number] {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return [cosine * x + sine * y, cosine * y - sine * x];
}

/** Σ^½, the axes times their deviations: one a column, as (x of the first, x of the second, y of the first, y of the second). */
function rootOf({ deviations: [first, second], angle }: Gaussian): readonly [number, number, number, number] {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return [first * cosine, -second * sine, first * sine, second * cosine];
}

/** z = μ + Σ^½ε. */
export function pointAt(gaussian: Gaussian, first: number, second: number): Position {
  const { mean } = gaussian;
  const [a, b, c, d] = rootOf(gaussian);
  return { x: mean.x + a * first + b * second, y: mean.y + c * first + d * second };
}

/** log N(z; μ, Σ) as a function of z's coordinates, by Σ's inverse. */
export function logDensityOf(gaussian: Gaussian): (x: number, y: number) => number {
  const { mean } = gaussian;
  const { xx, xy, yy } = covarianceOf(gaussian);
  const det = xx * yy - xy * xy;
  const constant = -Math.log(2 * Math.PI) - Math.log(det) / 2;
  return (x, y) => {
    const right = x - mean.x;
    const up = y - mean.y;
    return constant - (yy * right * right - 2 * xy * right * up + xx * up * up) / (2 * det);
  };
}

export interface Estimate {
  readonly value: number;
  readonly standardError: number;
}

/** N(0, I). */
export const STANDARD: Gaussian = { mean: { x: 0, y: 0 }, deviations: [1, 1], angle: 0 };

/** KL(q ‖ p) as the mean of log q(z) - log p(z) over z ~ q, made of draws of N(0, 1), two for each z. */
export function estimatedDivergence(q: Gaussian, p: Gaussian, draws: Float64Array): Estimate {
  const [own, other] = [logDensityOf(q), logDensityOf(p)];
  const [a, b, c, d] = rootOf(q);
  const ratios = new Float64Array(Math.floor(draws.length / 2));
  for (let index = 0; index < ratios.length; index++) {
    const first = draws[2 * index]!;
    const second = draws[2 * index + 1]!;
    const x = q.mean.x + a * first + b * second;
    const y = q.mean.y + c * first + d * second;
    ratios[index] = own(x, y) - other(x, y);
  }
  const count = ratios.length;
  const value = ratios.reduce((sum, ratio) => sum + ratio, 0) / count;
  const variance = ratios.reduce((sum, ratio) => sum + (ratio - value) ** 2, 0) / (count - 1);
  return { value, standardError: Math.sqrt(variance / count) };
}

/** A normal distribution of one number. */
export interface Bell {
  readonly mean: number;
  readonly deviation: number;
}

export const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** log N(value; mean, deviation²), in nats. */
export function logDensity(value: number, { mean, deviation }: Bell): number {
  const apart = (value - mean) / deviation;
  return -0.5 * apart * apart - Math.log(deviation) - HALF_LOG_TWO_PI;
}

export const density = (value: number, bell: Bell): number => Math.exp(logDensity(value, bell));

/** KL(a ‖ b) of two normal distributions, in nats; C. M. Bishop, Pattern Recognition and Machine Learning (2006), exercise 1.30. */
export function divergence(a: Bell, b: Bell): number {
  const ratio = a.deviation / b.deviation;
  const apart = (a.mean - b.mean) / b.deviation;
  return 0.5 * (ratio * ratio + apart * apart - 1) - Math.log(ratio);
}

/** Integral of a function over an interval by the trapezoid rule, which is exact to rounding where the function dies away at both ends. */
export function integral(of: (value: number) => number, least: number, most: number, steps: number): number {
  const width = (most - least) / steps;
  let sum = 0.5 * (of(least) + of(most));
  for (let index = 1; index < steps; index++) sum += of(least + index * width);
  return sum * width;
}

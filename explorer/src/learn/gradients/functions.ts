/** What h can be: the names, in the order in which they are offered. */
export const FUNCTION_NAMES = ["quadratic", "bump", "sine", "step"] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** Where a function is, and how it is made. */
export interface Placed {
  readonly name: FunctionName;
  /** Its middle: h is moved to the right by this … */
  readonly centre: number;
  /** … and up by this. */
  readonly height: number;
  /** Radians a unit of z; of the sine alone. */
  readonly frequency: number;
}

/** The expectation J = E[h(z)] for z ~ N(μ, σ²), and its derivatives. */
export interface Expectation {
  readonly value: number;
  readonly byMean: number;
  readonly byLogSigma: number;
}

interface Shape {
  value(offset: number, frequency: number): number;
  slope(offset: number, frequency: number): number;
  /** In closed form, for z - centre ~ N(offset, σ²). */
  expectation(offset: number, sigma: number, frequency: number): Expectation;
}

/** Half the bump's breadth: it is exp(-(z - c)² / 2w²). */
export const BUMP_WIDTH = 0.5;

/** The distribution function of N(0, 1), by the expansion of Abramowitz and Stegun, 26.2.10 and 26.2.14 beyond 5. */
function normalBelow(z: number): number {
  const distance = Math.abs(z);
  const density = Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI);
  const half = distance < 5 ? distance * density * series(distance * distance) : 0.5 - tail(distance) * density;
  return z < 0 ? 0.5 - half : 0.5 + half;
}

/** 1 + z²/3 + z⁴/(3·5) + … */
function series(square: number): number {
  let [sum, term] = [1, 1];
  for (let odd = 3; term > 1e-17 * sum; odd += 2) sum += term *= square / odd;
  return sum;
}

/** The continued fraction 1/(z + 1/(z + 2/(z + …))). */
function tail(z: number): number {
  let fraction = z;
  for (let depth = 60; depth > 0; depth--) fraction = z + depth / fraction;
  return 1 / fraction;
}

const SHAPES: Readonly<Record<FunctionName, Shape>> = {
  quadratic: {
    value: (offset) => offset * offset,
    slope: (offset) => 2 * offset,
    expectation: (offset, sigma) => ({ value: offset ** 2 + sigma ** 2, byMean: 2 * offset, byLogSigma: 2 * sigma ** 2 }),
  },
  bump: {
    value: (offset) => Math.exp(-(offset ** 2) / (2 * BUMP_WIDTH ** 2)),
    slope: (offset) => (-offset / BUMP_WIDTH ** 2) * Math.exp(-(offset ** 2) / (2 * BUMP_WIDTH ** 2)),
    expectation: (offset, sigma) => {
      const variance = BUMP_WIDTH ** 2 + sigma ** 2;
      const value = (BUMP_WIDTH / Math.sqrt(variance)) * Math.exp(-(offset ** 2) / (2 * variance));
      const byLogSigma = sigma ** 2 * value * ((offset / variance) ** 2 - 1 / variance);
      return { value, byMean: (-offset / variance) * value, byLogSigma };
    },
  },
  sine: {
    value: (offset, frequency) => Math.sin(frequency * offset),
    slope: (offset, frequency) => frequency * Math.cos(frequency * offset),
    expectation: (offset, sigma, frequency) => {
      const damping = Math.exp(-((frequency * sigma) ** 2) / 2);
      const value = Math.sin(frequency * offset) * damping;
      return { value, byMean: frequency * Math.cos(frequency * offset) * damping, byLogSigma: -((frequency * sigma) ** 2) * value };
    },
  },
  step: {
    value: (offset) => (offset > 0 ? 1 : 0),
    slope: () => 0,
    expectation: (offset, sigma) => {
      const standardised = offset / sigma;
      const density = Math.exp(-(standardised ** 2) / 2) / Math.sqrt(2 * Math.PI);
      return { value: normalBelow(standardised), byMean: density / sigma, byLogSigma: -standardised * density };
    },
  },
};

export const heightOf = ({ name, centre, height, frequency }: Placed, z: number): number => height + SHAPES[name].value(z - centre, frequency);

export const slopeOf = ({ name, centre, frequency }: Placed, z: number): number => SHAPES[name].slope(z - centre, frequency);

/** J and its derivatives by μ and by log σ, in closed form. */
export function expectationOf({ name, centre, height, frequency }: Placed, mean: number, sigma: number): Expectation {
  const shape = SHAPES[name].expectation(mean - centre, sigma, frequency);
  return { ...shape, value: shape.value + height };
}

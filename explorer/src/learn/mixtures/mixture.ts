import { random } from "../../base/random";
import { CELL, CELLS, EDGE, type Heights } from "./target";

/** Densities are known in places side by side from −FAR to FAR: a target's cells, each cut in two, and beyond. */
const FAR = 5;
const CUT = 2;
export const STEP = CELL / CUT;
export const COUNT = Math.round((2 * FAR) / STEP);
const FIRST = Math.round((FAR - EDGE) / STEP);
/** The places' middles. */
export const PLACES = Float64Array.from({ length: COUNT }, (_, index) => -FAR + (index + 0.5) * STEP);

export const WIDTHS = { least: 0.02, most: 2 };
/** Beyond so many widths a Gaussian is not worth adding. */
const REACH = 6.5;
const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

/** Gaussians of one width: what a decoder makes of slices of z, each slice as likely as its Gaussian's weight. */
export interface Mixture {
  readonly means: readonly number[];
  /** They add up to 1. */
  readonly weights: readonly number[];
  readonly width: number;
}

/** The target's density at `PLACES`, in straight lines from one cell's middle to the next; its area is 1. */
export function densityOf(heights: Heights): Float64Array {
  const density = new Float64Array(COUNT);
  const height = (cell: number): number => heights[Math.min(CELLS - 1, Math.max(0, cell))]!;
  for (let index = 0; index < CUT * CELLS; index++) {
    const along = (index + 0.5) / CUT - 0.5;
    const cell = Math.floor(along);
    density[FIRST + index] = height(cell) + (along - cell) * (height(cell + 1) - height(cell));
  }
  const mass = density.reduce((sum, value) => sum + value, 0) * STEP;
  return density.map((value) => value / mass);
}

/** The density of a mixture at a place. */
export function mixtureDensity({ means, weights, width }: Mixture, x: number): number {
  let sum = 0;
  means.forEach((mean, index) => (sum += weights[index]! * Math.exp(-0.5 * ((x - mean) / width) ** 2)));
  return sum / (width * ROOT_TWO_PI);
}

/** exp(−(x − mean)² / 2 width²) at the places that it reaches, one after the other, each from the one before it. */
export function alongGaussian(mean: number, width: number, visit: (index: number, away: number, value: number) => void): void {
  const [middle, reach] = [Math.floor((mean + FAR) / STEP), Math.ceil((REACH * width) / STEP)];
  const [first, last] = [Math.max(0, middle - reach), Math.min(COUNT - 1, middle + reach)];
  const sharp = -0.5 / (width * width);
  let away = (PLACES[first] ?? 0) - mean;
  let value = Math.exp(sharp * away * away);
  let ratio = Math.exp(sharp * STEP * (2 * away + STEP));
  const bend = Math.exp(2 * sharp * STEP * STEP);
  for (let index = first; index <= last; index++) {
    visit(index, away, value);
    away += STEP;
    value *= ratio;
    ratio *= bend;
  }
}

/** `mixtureDensity` at all `PLACES`, which costs less; into an array that may hold something else. */
export function mixtureOnPlaces({ means, weights, width }: Mixture, density = new Float64Array(COUNT)): Float64Array {
  density.fill(0);
  means.forEach((mean, part) => {
    const scale = weights[part]! / (width * ROOT_TWO_PI);
    alongGaussian(mean, width, (index, _, value) => (density[index]! += scale * value));
  });
  return density;
}

/** Total variation, ½ ∫ |p − q|: the share of the probability that is in the wrong place, from 0 to 1. */
export function totalVariation(p: Float64Array, q: Float64Array): number {
  let [sum, inside] = [0, 0];
  for (let index = 0; index < COUNT; index++) {
    sum += Math.abs(p[index]! - q[index]!);
    inside += q[index]!;
  }
  return 0.5 * (sum * STEP + Math.max(0, 1 - inside * STEP)); // what of q lies beyond all places
}

/** ∫ √(p q), the affinity of A. Bhattacharyya (1943): 1 for the same density; of D independent numbers it is the D-th power. */
export function affinity(p: Float64Array, q: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < COUNT; index++) sum += Math.sqrt(p[index]! * q[index]!);
  return Math.min(1, sum * STEP);
}

const DRAWS = 20_000;
const draw = random(11);
const DRAWN = Float64Array.from({ length: DRAWS }, draw).sort();

/** The total variation once more, as the mean of 1 − q/p where that is above 0 over draws of p; with its standard error. */
export function totalVariationByDraws(p: Float64Array, q: Float64Array): { readonly value: number; readonly error: number } {
  let [sum, squares, index, below] = [0, 0, 0, 0];
  for (const share of DRAWN) {
    while (index < COUNT - 1 && below + p[index]! * STEP < share) below += p[index++]! * STEP;
    const missed = p[index]! > 0 ? Math.max(0, 1 - q[index]! / p[index]!) : 0;
    sum += missed;
    squares += missed * missed;
  }
  const value = sum / DRAWS;
  return { value, error: Math.sqrt(Math.max(0, squares / DRAWS - value * value) / DRAWS) };
}

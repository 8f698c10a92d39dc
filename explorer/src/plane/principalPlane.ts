import { covarianceOf } from "./covariance";
import { eigen } from "./eigen";
import { type Leading, leadingDirections } from "./leading";
import { LinearMap } from "./linearMap";

/** Beyond so many columns the covariance costs more than the products with a few directions. */
const MOST_COLUMNS = 64;

/**
 * The plane through the mean that holds most of the latents' variance (K. Pearson, 1901), each direction turned so
 * that its largest component is positive.
 *
 * @param latents (n, columns), columns ≥ 2
 */
export function principalPlane(latents: Float32Array, columns: number): LinearMap {
  const mean = meanOf(latents, columns);
  const { directions, variances } = columns > MOST_COLUMNS ? leadingDirections(latents, mean) : leadingOfCovariance(latents, mean);
  const basis = new Float32Array(2 * columns);
  for (const axis of [0, 1]) {
    const direction = directions.subarray(axis * columns, (axis + 1) * columns);
    const largest = direction.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
    basis.set(direction.map((value) => Math.sign(largest) * value), axis * columns);
  }
  const whole = varianceOf(latents, mean);
  return new LinearMap(Float32Array.from(mean), basis, whole > 0 ? (variances[0] + variances[1]) / whole : null);
}

/** The two leading eigenvectors by way of the covariance, and their eigenvalues. */
export function leadingOfCovariance(latents: Float32Array, mean: Float64Array): Leading {
  const columns = mean.length;
  const { values, vectors } = eigen(covarianceOf(latents, mean), columns);
  const [first, second] = Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b);
  const rows = [first!, second!].flatMap((which) => [...vectors.subarray(which * columns, (which + 1) * columns)]);
  return { directions: Float64Array.from(rows), variances: [values[first!]!, values[second!]!] };
}

export function meanOf(latents: Float32Array, columns: number): Float64Array {
  const mean = new Float64Array(columns);
  for (let start = 0; start < latents.length; start += columns) {
    for (let column = 0; column < columns; column++) mean[column]! += latents[start + column]!;
  }
  return mean.map((sum) => (sum * columns) / Math.max(1, latents.length));
}

/** The variance of all columns together. */
function varianceOf(latents: Float32Array, mean: Float64Array): number {
  const columns = mean.length;
  let sum = 0;
  for (let start = 0; start < latents.length; start += columns) {
    for (let column = 0; column < columns; column++) sum += (latents[start + column]! - mean[column]!) ** 2;
  }
  return (sum * columns) / Math.max(1, latents.length);
}

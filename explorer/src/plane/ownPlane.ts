import { LinearMap } from "./linearMap";

/**
 * The plane on which latents lie at given positions, where these are their principal components: a component's direction
 * is the latents' sum weighted by it. No other plane can be meant, however close the variances are.
 *
 * @param points x and y in turn
 * @param latents of the points, (n, D)
 */
export function planeOfComponents(points: Float32Array, latents: Float32Array, mean: Float32Array): LinearMap {
  const columns = mean.length;
  const sums = new Float64Array(2 * columns);
  for (let index = 0; index < points.length; index++) {
    const start = (index >> 1) * columns;
    const slot = (index & 1) * columns;
    for (let column = 0; column < columns; column++) {
      sums[slot + column]! += points[index]! * (latents[start + column]! - mean[column]!);
    }
  }
  const lengths = [0, 1].map((row) => Math.hypot(...sums.subarray(row * columns, (row + 1) * columns)) || 1);
  return new LinearMap(mean, Float32Array.from(sums, (sum, slot) => sum / lengths[slot < columns ? 0 : 1]!), null);
}

/** On the slope, in squared bandwidths: what lies on a line has no slope across it. */
const RIDGE = 1e-3;
/** Standard deviations of the neighbours' positions at which the slope has lost half of its say. */
const REACH = 1.5;
/** A Gaussian kernel's variance in mean squared distances. */
const BANDWIDTH = 0.35;
/** The smallest normal float32: distances that are all zero divide by it. */
const TINY = 2 ** -126;

/**
 * Weights that sum to one for neighbours at offsets (x, y) from a position, such that the weighted sum of their values
 * is the value there of the plane fitted to them by least squares: W. Cleveland, “Robust locally weighted regression
 * and smoothing scatterplots”, 1979. Off the data the slope fades, and the weighted mean of the nearest is left.
 *
 * The same as `local_linear_weights` of `vae_core/projection/inverse.py`, which says why.
 *
 * @param x offsets, which are used up, as y's are
 */
export function localLinearWeights(x: Float64Array, y: Float64Array, weights: Float64Array): void {
  const count = weights.length;
  let farthest = 0;
  for (let index = 0; index < count; index++) farthest = Math.max(farthest, x[index]! ** 2 + y[index]! ** 2);
  const bandwidth = Math.max(1.001 * farthest, TINY);
  const scale = 1 / Math.sqrt(bandwidth);
  let [total, xMean, yMean] = [0, 0, 0];
  for (let index = 0; index < count; index++) {
    const kernel = (1 - (x[index]! ** 2 + y[index]! ** 2) / bandwidth) ** 2;
    weights[index] = kernel;
    x[index]! *= scale;
    y[index]! *= scale;
    total += kernel;
    xMean += kernel * x[index]!;
    yMean += kernel * y[index]!;
  }
  xMean /= total;
  yMean /= total;
  let [xx, xy, yy] = [RIDGE, 0, RIDGE];
  for (let index = 0; index < count; index++) {
    const weight = weights[index]! / total;
    weights[index] = weight;
    const across = (x[index]! -= xMean);
    const up = (y[index]! -= yMean);
    xx += weight * across * across;
    xy += weight * across * up;
    yy += weight * up * up;
  }
  const determinant = xx * yy - xy * xy;
  const xSlope = (xy * yMean - yy * xMean) / determinant;
  const ySlope = (xy * xMean - xx * yMean) / determinant;
  // Squared, in standard deviations of the neighbours' positions.
  const off = -(xSlope * xMean + ySlope * yMean);
  const left = 1 / (1 + (off / REACH ** 2) ** 2);
  for (let index = 0; index < count; index++) weights[index]! *= 1 + left * (xSlope * x[index]! + ySlope * y[index]!);
}

/**
 * Gaussian weights that sum to one, for the squared distances to neighbours, nearest first. The bandwidth follows their
 * mean, so that sparse regions blend as many as dense: `gaussian_weights` of `vae_core/projection/inverse.py`.
 */
export function gaussianWeights(squares: Float64Array): Float64Array {
  const mean = squares.reduce((sum, square) => sum + square, 0) / squares.length;
  const width = Math.max(2 * BANDWIDTH * mean, TINY);
  const weights = squares.map((square) => Math.exp((squares[0]! - square) / width));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Rows taken together: each entry of the covariance is then loaded and stored a quarter as often. */
const ROWS = 4;

/** The covariance (columns, columns) of latents (n, columns) round their mean. */
export function covarianceOf(latents: Float32Array, mean: Float64Array): Float64Array {
  const columns = mean.length;
  const covariance = new Float64Array(columns * columns);
  const centred = new Float64Array(ROWS * columns);
  for (let start = 0; start < latents.length; start += ROWS * columns) {
    for (let slot = 0; slot < ROWS * columns; slot++) {
      centred[slot] = start + slot < latents.length ? latents[start + slot]! - mean[slot % columns]! : 0;
    }
    addProducts(covariance, centred, columns);
  }
  const count = Math.max(1, latents.length / columns);
  for (let row = 0; row < columns; row++) {
    for (let column = 0; column <= row; column++) {
      const value = covariance[row * columns + column]! / count;
      covariance[row * columns + column] = value;
      covariance[column * columns + row] = value;
    }
  }
  return covariance;
}

/** Adds the outer products of four rows with themselves, below the diagonal. */
function addProducts(sums: Float64Array, rows: Float64Array, columns: number): void {
  const [second, third, fourth] = [columns, 2 * columns, 3 * columns];
  for (let row = 0; row < columns; row++) {
    const a = rows[row]!;
    const b = rows[second + row]!;
    const c = rows[third + row]!;
    const d = rows[fourth + row]!;
    for (let column = 0; column <= row; column++) {
      sums[row * columns + column]! +=
        a * rows[column]! + b * rows[second + column]! + c * rows[third + column]! + d * rows[fourth + column]!;
    }
  }
}

const MOST_SWEEPS = 30;

/**
 * Eigenvalues and eigenvectors (one a row) of a symmetric matrix, which is used up, by Jacobi's rotations: G. Golub,
 * C. Van Loan, “Matrix Computations”, section 8.5.
 */
export function eigen(matrix: Float64Array, size: number): { values: Float64Array; vectors: Float64Array } {
  const vectors = new Float64Array(size * size);
  for (let row = 0; row < size; row++) vectors[row * size + row] = 1;
  const whole = matrix.reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; sweep < MOST_SWEEPS && offDiagonal(matrix, size) > 1e-24 * whole; sweep++) {
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) annihilate(matrix, vectors, size, p, q);
    }
  }
  return { values: Float64Array.from({ length: size }, (_, row) => matrix[row * size + row]!), vectors };
}

function offDiagonal(matrix: Float64Array, size: number): number {
  return matrix.reduce((sum, value, slot) => (slot % (size + 1) === 0 ? sum : sum + value * value), 0);
}

/** The rotation in the plane of axes p and q that makes the matrix 0 at (p, q). */
function annihilate(matrix: Float64Array, vectors: Float64Array, size: number, p: number, q: number): void {
  const mixed = matrix[p * size + q]!;
  if (mixed === 0) return;
  const ratio = (matrix[q * size + q]! - matrix[p * size + p]!) / (2 * mixed);
  const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.hypot(1, ratio));
  const cosine = 1 / Math.hypot(1, tangent);
  const sine = tangent * cosine;
  for (let k = 0; k < size; k++) rotate(matrix, k * size + p, k * size + q, cosine, sine);
  for (let k = 0; k < size; k++) rotate(matrix, p * size + k, q * size + k, cosine, sine);
  for (let k = 0; k < size; k++) rotate(vectors, p * size + k, q * size + k, cosine, sine);
}

function rotate(values: Float64Array, first: number, second: number, cosine: number, sine: number): void {
  const a = values[first]!;
  const b = values[second]!;
  values[first] = cosine * a - sine * b;
  values[second] = sine * a + cosine * b;
}

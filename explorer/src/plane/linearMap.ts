import type { Position } from "../base/geometry";
import type { Anchor, FlatMap } from "./anchor";

/** A map that is a plane of latent space: a latent's position is how far it lies along two orthonormal directions. */
export class LinearMap implements FlatMap {
  constructor(
    /** The latent at the map's origin: (D). */
    readonly offset: Float32Array,
    /** The two directions: (2, D). */
    readonly basis: Float32Array,
    /** The share of the latents' variance that the plane holds; null where it was not chosen for that. */
    readonly explained: number | null,
  ) {}

  /** The positions of many latents: (n, D) → x and y in turn. */
  project(latents: Float32Array): Float32Array {
    const columns = this.offset.length;
    const points = new Float32Array((2 * latents.length) / columns);
    for (let index = 0; index < points.length / 2; index++) this.place(latents, index * columns, points, 2 * index);
    return points;
  }

  toPosition(latent: Float32Array): Position {
    const point = new Float64Array(2);
    this.place(latent, 0, point, 0);
    return { x: point[0]!, y: point[1]! };
  }

  /** The latent at a position on the plane laid through an anchor: exactly its latent there. */
  toLatent(position: Position, anchor: Anchor): Float32Array {
    const columns = this.offset.length;
    const across = position.x - anchor.position.x;
    const up = position.y - anchor.position.y;
    return anchor.latent.map(
      (value, column) => value + across * this.basis[column]! + up * this.basis[columns + column]!,
    );
  }

  private place(latents: Float32Array, start: number, points: Float32Array | Float64Array, slot: number): void {
    const columns = this.offset.length;
    let x = 0;
    let y = 0;
    for (let column = 0; column < columns; column++) {
      const value = latents[start + column]! - this.offset[column]!;
      x += value * this.basis[column]!;
      y += value * this.basis[columns + column]!;
    }
    points[slot] = x;
    points[slot + 1] = y;
  }
}

/** The plane of two raw latent axes. */
export function axesPlane(i: number, j: number, columns: number): LinearMap {
  const basis = new Float32Array(2 * columns);
  basis[i] = 1;
  basis[columns + j] = 1;
  return new LinearMap(new Float32Array(columns), basis, null);
}

/**
 * The plane through the mean that holds most of the latents' variance (K. Pearson, 1901), each direction turned so
 * that its largest component is positive.
 *
 * @param latents (n, columns), columns ≥ 2
 */
export function principalPlane(latents: Float32Array, columns: number): LinearMap {
  const mean = meanOf(latents, columns);
  const { values, vectors } = eigen(covarianceOf(latents, mean), columns);
  const order = Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b);
  const basis = new Float32Array(2 * columns);
  order.slice(0, 2).forEach((which, axis) => {
    const direction = vectors.subarray(which * columns, (which + 1) * columns);
    const largest = direction.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
    basis.set(direction.map((value) => Math.sign(largest) * value), axis * columns);
  });
  const total = values.reduce((sum, value) => sum + value, 0);
  const held = values[order[0]!]! + values[order[1]!]!;
  return new LinearMap(Float32Array.from(mean), basis, total > 0 ? held / total : null);
}

function meanOf(latents: Float32Array, columns: number): Float64Array {
  const mean = new Float64Array(columns);
  for (let start = 0; start < latents.length; start += columns) {
    for (let column = 0; column < columns; column++) mean[column]! += latents[start + column]!;
  }
  return mean.map((sum) => (sum * columns) / Math.max(1, latents.length));
}

/** Rows taken together: each entry of the covariance is then loaded and stored a quarter as often. */
const ROWS = 4;

/** (columns, columns), symmetric. */
function covarianceOf(latents: Float32Array, mean: Float64Array): Float64Array {
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

const MOST_SWEEPS = 30;

/**
 * Eigenvalues and eigenvectors (one a row) of a symmetric matrix, which is used up, by Jacobi's rotations: G. Golub,
 * C. Van Loan, “Matrix Computations”, section 8.5.
 */
function eigen(matrix: Float64Array, size: number): { values: Float64Array; vectors: Float64Array } {
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

import { random } from "../base/random";
import { eigen } from "./eigen";

/** Directions tried at once: reading the latents costs more than one more product with them. */
const BLOCK = 8;
/** Directions held at most; then all but the best are given up. */
const MOST = 10 * BLOCK;
/** How far from an eigenvector a direction may be, as a share of the largest eigenvalue. */
const TOLERANCE = 1e-6;
const MOST_ROUNDS = 60;
/** What is left of a direction once those found already are taken out: less than this is rounding. */
const NOTHING = 1e-10;

/** The two directions of largest variance, and their variances. */
export interface Leading {
  /** (2, columns), orthonormal. */
  readonly directions: Float64Array;
  readonly variances: readonly [number, number];
}

/**
 * The two leading eigenvectors of the covariance of latents (n, columns) round their mean, without the covariance: by
 * block Krylov spaces, in which the best are chosen by Rayleigh and Ritz (G. Golub, C. Van Loan, “Matrix Computations”,
 * section 10.3). Where there are many columns and few directions hold most of the variance, some rounds suffice.
 */
export function leadingDirections(latents: Float32Array, mean: Float64Array): Leading {
  const columns = mean.length;
  const draw = random(1);
  let basis: Float64Array[] = [];
  let images: Float64Array[] = [];
  let block = orthonormal(
    Array.from({ length: Math.min(BLOCK, columns) }, () => Float64Array.from({ length: columns }, () => draw() - 0.5)),
    [],
  );
  for (let round = 1; ; round++) {
    basis.push(...block);
    images.push(...covarianceTimes(block, latents, mean));
    const ritz = ritzVectors(basis, images, Math.min(BLOCK, basis.length));
    const [first, second] = ritz;
    const largest = first!.value;
    if (round === MOST_ROUNDS || Math.max(first!.residual, second!.residual) <= TOLERANCE * largest) return answer(first!, second!);
    if (basis.length + BLOCK > MOST) {
      basis = ritz.map(({ vector }) => vector);
      images = ritz.map(({ image }) => image);
      block = orthonormal(images, basis);
    } else {
      block = orthonormal(images.slice(-block.length), basis);
    }
    if (block.length === 0) return answer(first!, second!);
  }
}

interface Ritz {
  readonly value: number;
  readonly vector: Float64Array;
  /** The covariance times the vector. */
  readonly image: Float64Array;
  /** How far the image is from being the vector's multiple. */
  readonly residual: number;
}

const answer = (first: Ritz, second: Ritz): Leading => ({
  directions: Float64Array.of(...first.vector, ...second.vector),
  variances: [first.value, second.value],
});

/** The best approximations of eigenvectors inside a space, the largest eigenvalues first. */
function ritzVectors(basis: readonly Float64Array[], images: readonly Float64Array[], wanted: number): Ritz[] {
  const size = basis.length;
  const projected = Float64Array.from({ length: size * size }, (_, slot) => {
    const [row, column] = [Math.floor(slot / size), slot % size];
    return (dot(basis[row]!, images[column]!) + dot(basis[column]!, images[row]!)) / 2;
  });
  const { values, vectors } = eigen(projected, size);
  const order = Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b);
  return order.slice(0, wanted).map((which) => {
    const shares = vectors.subarray(which * size, (which + 1) * size);
    const [vector, image] = [combined(basis, shares), combined(images, shares)];
    const value = values[which]!;
    return { value, vector, image, residual: Math.hypot(...image.map((entry, column) => entry - value * vector[column]!)) };
  });
}

function combined(vectors: readonly Float64Array[], shares: Float64Array): Float64Array {
  const sum = new Float64Array(vectors[0]!.length);
  vectors.forEach((vector, which) => vector.forEach((value, column) => (sum[column]! += shares[which]! * value)));
  return sum;
}

/** What of the vectors lies outside a space and outside those before, at length one; nothing of those that do not. */
function orthonormal(vectors: readonly Float64Array[], space: readonly Float64Array[]): Float64Array[] {
  const found: Float64Array[] = [];
  for (const vector of vectors) {
    const rest = vector.slice();
    const whole = Math.sqrt(dot(rest, rest));
    // Once more, for what rounding has left.
    for (const other of [...space, ...found, ...space, ...found]) {
      const along = dot(rest, other);
      for (let column = 0; column < rest.length; column++) rest[column]! -= along * other[column]!;
    }
    const length = Math.sqrt(dot(rest, rest));
    if (length > NOTHING * whole) found.push(rest.map((value) => value / length));
  }
  return found;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let column = 0; column < a.length; column++) sum += a[column]! * b[column]!;
  return sum;
}

/** The covariance times each of several vectors, in one passage over the latents. */
function covarianceTimes(block: readonly Float64Array[], latents: Float32Array, mean: Float64Array): Float64Array[] {
  const columns = mean.length;
  const width = block.length;
  const interleaved = Float64Array.from({ length: columns * BLOCK }, (_, slot) => block[slot % BLOCK]?.[Math.floor(slot / BLOCK)] ?? 0);
  const sums = new Float64Array(columns * BLOCK);
  const centred = new Float64Array(columns);
  for (let start = 0; start < latents.length; start += columns) {
    for (let column = 0; column < columns; column++) centred[column] = latents[start + column]! - mean[column]!;
    addOuter(sums, centred, interleaved);
  }
  const count = latents.length / columns;
  return Array.from({ length: width }, (_, which) => Float64Array.from({ length: columns }, (_, column) => sums[column * BLOCK + which]! / count));
}

/** Adds a row times its products with the eight vectors, which are unrolled: they stay in registers. */
function addOuter(sums: Float64Array, row: Float64Array, vectors: Float64Array): void {
  let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let column = 0, at = 0; column < row.length; column++, at += BLOCK) {
    const value = row[column]!;
    a += value * vectors[at]!;
    b += value * vectors[at + 1]!;
    c += value * vectors[at + 2]!;
    d += value * vectors[at + 3]!;
    e += value * vectors[at + 4]!;
    f += value * vectors[at + 5]!;
    g += value * vectors[at + 6]!;
    h += value * vectors[at + 7]!;
  }
  for (let column = 0, at = 0; column < row.length; column++, at += BLOCK) {
    const value = row[column]!;
    sums[at]! += value * a;
    sums[at + 1]! += value * b;
    sums[at + 2]! += value * c;
    sums[at + 3]! += value * d;
    sums[at + 4]! += value * e;
    sums[at + 5]! += value * f;
    sums[at + 6]! += value * g;
    sums[at + 7]! += value * h;
  }
}

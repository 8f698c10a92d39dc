/**
 * The mean of a group's latents.
 *
 * @param latents (n, columns)
 * @param group indices of points, at least one
 */
export function meanLatent(latents: Float32Array, columns: number, group: Uint32Array): Float32Array {
  const sums = new Float64Array(columns);
  for (const index of group) {
    for (let column = 0; column < columns; column++) sums[column]! += latents[index * columns + column]!;
  }
  return Float32Array.from(sums, (sum) => sum / group.length);
}

/** How many of a group are of each class. @param labels the class of every point */
export function countsByClass(group: Uint32Array, labels: Uint8Array | Uint16Array, classes: number): Uint32Array {
  const counts = new Uint32Array(classes);
  for (const index of group) counts[labels[index]!]!++;
  return counts;
}

/** The direction from group a to group b: mean(b) − mean(a), as in T. White, “Sampling Generative Networks”, 2016. */
export function attributeVector(latents: Float32Array, columns: number, a: Uint32Array, b: Uint32Array): Float32Array {
  const from = meanLatent(latents, columns, a);
  return meanLatent(latents, columns, b).map((value, column) => value - from[column]!);
}

/** Beside a way by less than this share of its direction's length, a latent is on it but for rounding. */
const BESIDE = 1e-4;

/** How many times a direction leads from one latent to another; null where it does not lead there. */
export function timesAlong(latent: Float32Array, from: Float32Array, direction: Float32Array): number | null {
  const way = latent.map((value, column) => value - from[column]!);
  const square = direction.reduce((sum, value) => sum + value * value, 0);
  const times = way.reduce((sum, value, column) => sum + value * direction[column]!, 0) / square;
  const beside = way.reduce((sum, value, column) => sum + (value - times * direction[column]!) ** 2, 0);
  return beside <= BESIDE ** 2 * square ? times : null;
}

/**
 * How far two groups overlap along their attribute vector: 1 − max|F_a − F_b| of their distribution functions there,
 * 0 apart and 1 indistinguishable. That is the smallest sum of the two error rates that any threshold can have: one
 * less the statistic of N. Smirnov (1948), which is the index of W. J. Youden, “Index for rating diagnostic tests”
 * (1950), at its best threshold. As the groups choose the direction themselves, a few points in many dimensions look
 * further apart than they are.
 */
export function overlap(latents: Float32Array, columns: number, a: Uint32Array, b: Uint32Array): number {
  const direction = attributeVector(latents, columns, a, b);
  const alongA = projected(latents, direction, a);
  const alongB = projected(latents, direction, b);
  let belowA = 0;
  let belowB = 0;
  let gap = 0;
  while (belowA < alongA.length && belowB < alongB.length) {
    // Both pass all that is equal to the threshold before they are compared.
    const threshold = Math.min(alongA[belowA]!, alongB[belowB]!);
    while (alongA[belowA]! <= threshold) belowA++;
    while (alongB[belowB]! <= threshold) belowB++;
    gap = Math.max(gap, Math.abs(belowA / alongA.length - belowB / alongB.length));
  }
  return 1 - gap;
}

/** The lengths of a group's latents along a direction, rising; a latent that is not finite has none. */
function projected(latents: Float32Array, direction: Float32Array, group: Uint32Array): Float64Array {
  const columns = direction.length;
  return Float64Array.from(group, (index) =>
    direction.reduce((sum, value, column) => sum + value * latents[index * columns + column]!, 0),
  )
    .filter(Number.isFinite)
    .sort();
}

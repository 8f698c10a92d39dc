import type { PointData } from "../model/pointData";

/** A class's mean latent, and the data point nearest to it. */
export interface ClassMean {
  readonly label: number;
  readonly latent: Float32Array;
  readonly typical: number;
}

/** The mean of every class that has a point, in the classes' order. */
export function classMeans({ latents, labels, dimensions }: Pick<PointData, "latents" | "labels" | "dimensions">): ClassMean[] {
  const sums = new Map<number, { readonly sum: Float64Array; count: number }>();
  labels.forEach((label, point) => {
    const entry = sums.get(label) ?? { sum: new Float64Array(dimensions), count: 0 };
    sums.set(label, entry);
    entry.count++;
    for (let column = 0; column < dimensions; column++) entry.sum[column]! += latents[point * dimensions + column]!;
  });
  const means = new Map([...sums].map(([label, { sum, count }]) => [label, Float32Array.from(sum, (value) => value / count)]));
  const nearest = new Map<number, { point: number; square: number }>();
  labels.forEach((label, point) => {
    const mean = means.get(label)!;
    let square = 0;
    for (let column = 0; column < dimensions; column++) square += (latents[point * dimensions + column]! - mean[column]!) ** 2;
    const best = nearest.get(label);
    if (!best || square < best.square) nearest.set(label, { point, square });
  });
  return [...means.keys()].sort((a, b) => a - b).map((label) => ({ label, latent: means.get(label)!, typical: nearest.get(label)!.point }));
}

/** Points to begin with: typical ones of classes far apart in their order, or, of one class only, any two. */
export function typicalPoints(means: readonly ClassMean[], points: number, count: number): number[] {
  if (means.length < 2) return points > 1 ? [0, Math.floor(points / 2)] : [];
  const wanted = Math.min(count, means.length);
  return Array.from({ length: wanted }, (_, index) => means[Math.round((index * (means.length - 1)) / (wanted - 1))]!.typical);
}

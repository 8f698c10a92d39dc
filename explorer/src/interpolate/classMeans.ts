import type { PointData } from "../model/pointData";

/** A class's mean latent, and the data point nearest to it among the half that lies farther from the prior's mean. */
export interface ClassMean {
  readonly label: number;
  readonly latent: Float32Array;
  readonly typical: number;
}

type Latents = Pick<PointData, "latents" | "dimensions">;

/** The mean of every class that has a point, in the classes' order. */
export function classMeans(data: Latents & Pick<PointData, "labels">): ClassMean[] {
  const members = new Map<number, number[]>();
  data.labels.forEach((label, point) => {
    const points = members.get(label);
    if (points) points.push(point);
    else members.set(label, [point]);
  });
  return [...members]
    .sort(([a], [b]) => a - b)
    .map(([label, points]) => {
      const latent = meanOf(points, data);
      return { label, latent, typical: typicalOf(points, latent, data) };
    });
}

function meanOf(points: readonly number[], { latents, dimensions }: Latents): Float32Array {
  const sum = new Float64Array(dimensions);
  for (const point of points) {
    for (let column = 0; column < dimensions; column++) sum[column]! += latents[point * dimensions + column]!;
  }
  return Float32Array.from(sum, (value) => value / points.length);
}

function typicalOf(points: readonly number[], mean: Float32Array, { latents, dimensions }: Latents): number {
  const squares = (from: Float32Array): Float64Array =>
    Float64Array.from(points, (point) => {
      let square = 0;
      for (let column = 0; column < dimensions; column++) square += (latents[point * dimensions + column]! - from[column]!) ** 2;
      return square;
    });
  // A faint image tells the encoder little, and stays near the prior's mean.
  const clear = squares(new Float32Array(dimensions));
  const median = clear.slice().sort()[Math.floor(points.length / 2)]!;
  const away = squares(mean);
  let best = 0;
  let least = Infinity;
  away.forEach((square, index) => {
    if (clear[index]! >= median && square < least) [best, least] = [index, square];
  });
  return points[best]!;
}

/** Points to begin with: typical ones of classes far apart in their order, or, of one class only, any two. */
export function typicalPoints(means: readonly ClassMean[], points: number, count: number): number[] {
  if (means.length < 2) return points > 1 ? [0, Math.floor(points / 2)] : [];
  const wanted = Math.min(count, means.length);
  return Array.from({ length: wanted }, (_, index) => means[Math.round((index * (means.length - 1)) / (wanted - 1))]!.typical);
}

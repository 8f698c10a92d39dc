/** Whose images a map shows, and which of them each point is. */
export interface MapImages {
  /** The same of two maps if, and only if, they show images of the same data set and split. */
  readonly data: string;
  /** A point's image by its place in the data set; null where the map does not say. */
  readonly indices: Uint32Array | null;
}

/**
 * Which points of several maps show the same image: told by the image's place in its data set, never by the points'
 * rows. Maps of different data have no image in common, nor have those that do not say which images they show.
 */
export class SameImages {
  /** By map, the point of each image; −1 for an image that is not on it. */
  private readonly points: readonly (Int32Array | null)[];

  constructor(private readonly maps: readonly MapImages[]) {
    this.points = maps.map(({ indices }) => indices && inverse(indices));
  }

  /** Whether two maps show images of the same data, and say which. */
  together(one: number, other: number): boolean {
    return this.maps[one]!.data === this.maps[other]!.data && this.points[one] !== null && this.points[other] !== null;
  }

  /** The point of a map that shows what `point` of the map `from` shows; null where none does. */
  pointOn(map: number, from: number, point: number): number | null {
    if (map === from) return point;
    if (!this.together(map, from)) return null;
    const found = this.points[map]![this.maps[from]!.indices![point]!] ?? -1;
    return found < 0 ? null : found;
  }

  /** An image's place in its data set, counted from 0; null where the map does not say. */
  placeOf(map: number, point: number): number | null {
    return this.maps[map]!.indices?.[point] ?? null;
  }

  /** One number a point of a map: 1 where all maps of the same data show its image as well. */
  shared(map: number): Uint8Array {
    const others = this.maps.map((_, other) => other).filter((other) => other !== map && this.together(map, other));
    const { indices } = this.maps[map]!;
    return Uint8Array.from(indices ?? [], (_, point) => (others.every((other) => this.pointOn(other, map, point) !== null) ? 1 : 0));
  }

  /** The points of a map that show what these points of the map `from` show. */
  pointsOn(map: number, from: number, points: Uint32Array): Uint32Array {
    return Uint32Array.from([...points].map((point) => this.pointOn(map, from, point)).filter((point) => point !== null));
  }
}

function inverse(indices: Uint32Array): Int32Array {
  const points = new Int32Array(indices.reduce((most, index) => Math.max(most, index + 1), 0)).fill(-1);
  indices.forEach((index, point) => (points[index] = point));
  return points;
}

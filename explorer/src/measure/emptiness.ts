import type { Bounds, Position } from "../base/geometry";
import { NearestList } from "../plane/nearestList";
import { PointGrid } from "../plane/pointGrid";

/** A position is judged by its distance to this many-th nearest point. */
const NEIGHBOURS = 16;
/** The share of the data points that the limit calls near their own kind. */
const SHARE = 0.99;
/** Points on which the limit is measured, spread evenly over all. */
const SAMPLE = 2000;

/** Why a place on the map is said to be far from any data. */
export const FAR_ON_THE_MAP =
  "The 16th nearest point is farther from here, on the map, than it is from 99 % of the points themselves: this image is the decoder's guess.";

/** Where the map is far from any data: further from the 16th-nearest point than 99 % of the points themselves are. */
export class Emptiness {
  /** The distance to the 16th-nearest point beyond which a position is far, in map units; infinite below 17 points. */
  readonly limit: number;
  private readonly grid: PointGrid;

  /** @param points x and y in turn */
  constructor(
    points: Float32Array,
    private readonly bounds: Bounds,
  ) {
    const grid = new PointGrid(points);
    this.limit = measuredLimit(points, grid);
    // From here on circles of one size are asked for: cells half as wide as their radius waste little of them.
    this.grid = Number.isFinite(this.limit) ? new PointGrid(points, this.limit / 2) : grid;
  }

  isFar(position: Position): boolean {
    return Number.isFinite(this.limit) && !this.grid.holds(position, this.limit, NEIGHBOURS);
  }

  /** 1 where the middle of a cell is far, for cells over the map's bounds: (rows, columns), the bottom row first. */
  farGrid(columns: number, rows: number): Uint8Array {
    const { left, bottom, right, top } = this.bounds;
    const far = new Uint8Array(columns * rows);
    for (let row = 0; row < rows; row++) {
      const y = bottom + ((row + 0.5) / rows) * (top - bottom);
      for (let column = 0; column < columns; column++) {
        const x = left + ((column + 0.5) / columns) * (right - left);
        if (this.isFar({ x, y })) far[row * columns + column] = 1;
      }
    }
    return far;
  }
}

/** The distance that 99 % of the points keep to their 16th-nearest other point. */
function measuredLimit(points: Float32Array, grid: PointGrid): number {
  const count = points.length / 2;
  if (count <= NEIGHBOURS) return Infinity;
  const distances = new Float64Array(Math.min(SAMPLE, count));
  // One more than the neighbours: the nearest of all is the point itself.
  const nearest = new NearestList(NEIGHBOURS + 1);
  for (let slot = 0; slot < distances.length; slot++) {
    const index = Math.floor((slot * count) / distances.length);
    nearest.clear();
    grid.search({ x: points[2 * index]!, y: points[2 * index + 1]! }, nearest);
    distances[slot] = Math.sqrt(nearest.squares[NEIGHBOURS]!);
  }
  return distances.sort()[Math.ceil(SHARE * distances.length) - 1]!;
}

import type { Plane } from "./latentMap";
import { searchRows } from "./nearest";
import { NearestList } from "./nearestList";
import { PointGrid } from "./pointGrid";
import { gaussianWeights, localLinearWeights } from "./weights";

const PLANE_NEIGHBOURS = 48;
const LATENT_NEIGHBOURS = 16;

/** Between points on the map and their latents, by the neighbours on either side. */
export class Neighbourhoods implements Plane {
  private readonly grid: PointGrid;
  private readonly columns: number;
  private readonly near: NearestList;
  private readonly alike: NearestList;

  /**
   * @param points x and y in turn
   * @param latents of the points, (n, D)
   * @param fitted what the way back is fitted to: the latents, or what shows better what lies around
   */
  constructor(
    private readonly points: Float32Array,
    private readonly latents: Float32Array,
    private readonly fitted: Float32Array,
  ) {
    const count = points.length / 2;
    this.grid = new PointGrid(points);
    this.columns = latents.length / count;
    this.near = new NearestList(Math.min(PLANE_NEIGHBOURS, count));
    this.alike = new NearestList(Math.min(LATENT_NEIGHBOURS, count));
  }

  latentsAt(positions: Float32Array): Float32Array {
    const latents = new Float32Array((positions.length / 2) * this.columns);
    for (let index = 0; index < positions.length / 2; index++) {
      const [x, y] = [positions[2 * index]!, positions[2 * index + 1]!];
      latents.set(this.fit(x, y), index * this.columns);
    }
    return latents;
  }

  positionsOf(latents: Float32Array): Float32Array {
    const positions = new Float32Array((2 * latents.length) / this.columns);
    for (let index = 0; index < positions.length / 2; index++) {
      const latent = latents.subarray(index * this.columns, (index + 1) * this.columns);
      const { rows, squares } = this.nearestTo(latent);
      const weights = gaussianWeights(squares);
      let [x, y] = [0, 0];
      weights.forEach((weight, place) => {
        x += weight * this.points[2 * rows[place]!]!;
        y += weight * this.points[2 * rows[place]! + 1]!;
      });
      positions[2 * index] = x;
      positions[2 * index + 1] = y;
    }
    return positions;
  }

  /** What the local fit says at a position: (D). */
  private fit(x: number, y: number): Float64Array {
    const { near, points, fitted, columns } = this;
    near.clear();
    this.grid.search({ x, y }, near);
    const rows = near.rows;
    const weights = new Float64Array(near.capacity);
    localLinearWeights(
      Float64Array.from(rows, (row) => points[2 * row]! - x),
      Float64Array.from(rows, (row) => points[2 * row + 1]! - y),
      weights,
    );
    const latent = new Float64Array(columns);
    for (let place = 0; place < weights.length; place++) {
      const start = rows[place]! * columns;
      for (let column = 0; column < columns; column++) latent[column]! += weights[place]! * fitted[start + column]!;
    }
    return latent;
  }

  private nearestTo(latent: Float32Array): NearestList {
    this.alike.clear();
    searchRows(this.latents, this.columns, latent, this.alike);
    return this.alike;
  }
}

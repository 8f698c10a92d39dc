import { type Bounds, clamp, type Position } from "../base/geometry";

/** A position is judged by its distance to this many-th nearest point. */
const NEIGHBOURS = 16;
/** The share of the data points that the limit calls near their own kind. */
const SHARE = 0.99;
/** Points on which the limit is measured, spread evenly over all. */
const SAMPLE = 2000;
const POINTS_A_CELL = 4;
/** A grid has at most so many cells along its longer side. */
const MOST_CELLS = 1024;

/** The points' coordinates in square cells: those of cell c are `starts[c] … starts[c + 1] − 1`. */
class Cells {
  private readonly columns: number;
  private readonly rows: number;
  private readonly starts: Uint32Array;
  /** x and y in turn, cell after cell. */
  private readonly sorted: Float32Array;

  constructor(
    points: Float32Array,
    private readonly bounds: Bounds,
    private readonly cell: number,
  ) {
    this.columns = Math.max(1, Math.ceil((bounds.right - bounds.left) / cell));
    this.rows = Math.max(1, Math.ceil((bounds.top - bounds.bottom) / cell));
    this.starts = new Uint32Array(this.columns * this.rows + 1);
    this.sorted = new Float32Array(points.length);
    this.fill(points);
  }

  /** Whether at least `wanted` points are within `radius`. */
  holds(x: number, y: number, radius: number, wanted: number): boolean {
    const left = this.column(x - radius);
    const right = this.column(x + radius);
    const top = this.row(y + radius);
    let found = 0;
    for (let row = this.row(y - radius); row <= top; row++) {
      const last = this.starts[row * this.columns + right + 1]!;
      for (let slot = this.starts[row * this.columns + left]!; slot < last; slot++) {
        const dx = this.sorted[2 * slot]! - x;
        const dy = this.sorted[2 * slot + 1]! - y;
        if (dx * dx + dy * dy <= radius * radius && ++found === wanted) return true;
      }
    }
    return false;
  }

  /** The distance to the nearest point, the second nearest and so on, as many as `distances` has room for. */
  nearest(x: number, y: number, distances: Float64Array): void {
    distances.fill(Infinity);
    const column = this.column(x);
    const row = this.row(y);
    const widest = Math.max(this.columns, this.rows);
    // Once the rings up to r have been looked at, whatever is left is further than r cells.
    for (let ring = 0; ring <= widest && distances.at(-1)! > (ring - 1) * this.cell; ring++) {
      const bottom = Math.max(0, row - ring);
      const top = Math.min(this.rows - 1, row + ring);
      for (let at = bottom; at <= top; at++) {
        const step = Math.abs(at - row) === ring ? 1 : Math.max(1, 2 * ring);
        for (let across = column - ring; across <= column + ring; across += step) {
          if (across >= 0 && across < this.columns) this.collect(at * this.columns + across, x, y, distances);
        }
      }
    }
  }

  private collect(cell: number, x: number, y: number, distances: Float64Array): void {
    for (let slot = this.starts[cell]!; slot < this.starts[cell + 1]!; slot++) {
      const dx = this.sorted[2 * slot]! - x;
      const dy = this.sorted[2 * slot + 1]! - y;
      const distance = Math.sqrt(dx * dx + dy * dy);
      let place = distances.length - 1;
      if (!(distance < distances[place]!)) continue;
      for (; place > 0 && distances[place - 1]! > distance; place--) distances[place] = distances[place - 1]!;
      distances[place] = distance;
    }
  }

  private column(x: number): number {
    return clamp(Math.floor((x - this.bounds.left) / this.cell), 0, this.columns - 1);
  }

  private row(y: number): number {
    return clamp(Math.floor((y - this.bounds.bottom) / this.cell), 0, this.rows - 1);
  }

  private fill(points: Float32Array): void {
    const cells = new Uint32Array(points.length / 2);
    for (let index = 0; index < cells.length; index++) {
      const cell = this.row(points[2 * index + 1]!) * this.columns + this.column(points[2 * index]!);
      cells[index] = cell;
      this.starts[cell + 1]!++;
    }
    for (let cell = 0; cell < this.columns * this.rows; cell++) this.starts[cell + 1]! += this.starts[cell]!;
    const next = this.starts.slice(0, -1);
    for (let index = 0; index < cells.length; index++) {
      const slot = next[cells[index]!]!++;
      this.sorted[2 * slot] = points[2 * index]!;
      this.sorted[2 * slot + 1] = points[2 * index + 1]!;
    }
  }
}

/** Where the map is far from any data: further from the 16th-nearest point than 99 % of the points themselves are. */
export class Emptiness {
  /** The distance to the 16th-nearest point beyond which a position is far, in map units; infinite below 17 points. */
  readonly limit: number;
  private readonly cells: Cells;

  /** @param points x and y in turn */
  constructor(
    points: Float32Array,
    private readonly bounds: Bounds,
  ) {
    const across = bounds.right - bounds.left;
    const up = bounds.top - bounds.bottom;
    const smallest = (Math.max(across, up) || 1) / MOST_CELLS;
    const dense = Math.sqrt((across * up * POINTS_A_CELL) / Math.max(1, points.length / 2));
    this.cells = new Cells(points, bounds, Math.max(dense, smallest));
    this.limit = measuredLimit(points, this.cells);
    // From here on circles of one size are asked for: cells half as wide as their radius waste little of them.
    if (Number.isFinite(this.limit)) this.cells = new Cells(points, bounds, Math.max(this.limit / 2, smallest));
  }

  isFar({ x, y }: Position): boolean {
    return Number.isFinite(this.limit) && !this.cells.holds(x, y, this.limit, NEIGHBOURS);
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
function measuredLimit(points: Float32Array, cells: Cells): number {
  const count = points.length / 2;
  if (count <= NEIGHBOURS) return Infinity;
  const distances = new Float64Array(Math.min(SAMPLE, count));
  // One more than the neighbours: the nearest of all is the point itself.
  const nearest = new Float64Array(NEIGHBOURS + 1);
  for (let slot = 0; slot < distances.length; slot++) {
    const index = Math.floor((slot * count) / distances.length);
    cells.nearest(points[2 * index]!, points[2 * index + 1]!, nearest);
    distances[slot] = nearest[NEIGHBOURS]!;
  }
  return distances.sort()[Math.ceil(SHARE * distances.length) - 1]!;
}

import { type Bounds, clamp, type Position } from "../base/geometry";

const POINTS_A_CELL = 4;

/** A grid over the points that finds the one nearest to a position without looking at all of them. */
export class PointIndex {
  private readonly columns: number;
  private readonly rows: number;
  private readonly cell: number;
  /** The points of cell c are `members[starts[c] … starts[c + 1] − 1]`. */
  private readonly starts: Uint32Array;
  private readonly members: Uint32Array;

  /**
   * @param points x and y in turn
   * @param visible 0 for a point that is not to be found; all are found without it
   */
  constructor(
    private readonly points: Float32Array,
    private readonly bounds: Bounds,
    private readonly visible: Uint8Array | null = null,
  ) {
    const count = points.length / 2;
    const across = Math.max(bounds.right - bounds.left, Number.EPSILON);
    const up = Math.max(bounds.top - bounds.bottom, Number.EPSILON);
    this.cell = Math.max(Math.sqrt((across * up * POINTS_A_CELL) / Math.max(1, count)), Math.max(across, up) / 1024);
    this.columns = Math.max(1, Math.ceil(across / this.cell));
    this.rows = Math.max(1, Math.ceil(up / this.cell));
    this.starts = new Uint32Array(this.columns * this.rows + 1);
    this.members = new Uint32Array(count);
    this.fill(count);
  }

  /** The index of the nearest point within `radius` map units, or null. */
  nearest(position: Position, radius: number): number | null {
    const left = this.column(position.x - radius);
    const right = this.column(position.x + radius);
    const bottom = this.row(position.y - radius);
    const top = this.row(position.y + radius);
    let best: number | null = null;
    let least = radius * radius;
    for (let row = bottom; row <= top; row++) {
      const first = this.starts[row * this.columns + left]!;
      const last = this.starts[row * this.columns + right + 1]!;
      for (let slot = first; slot < last; slot++) {
        const index = this.members[slot]!;
        if (this.visible?.[index] === 0) continue;
        const dx = this.points[2 * index]! - position.x;
        const dy = this.points[2 * index + 1]! - position.y;
        const square = dx * dx + dy * dy;
        if (square <= least) {
          least = square;
          best = index;
        }
      }
    }
    return best;
  }

  /** The index of the nearest point however far, by looking in ever larger circles. */
  nearestOfAll(position: Position): number | null {
    const widest = this.cell * 2 * (this.columns + this.rows);
    for (let radius = 2 * this.cell; radius < 2 * widest; radius *= 2) {
      const found = this.nearest(position, radius);
      if (found !== null) return found;
    }
    return this.nearest(position, Infinity);
  }

  private column(x: number): number {
    return clamp(Math.floor((x - this.bounds.left) / this.cell), 0, this.columns - 1);
  }

  private row(y: number): number {
    return clamp(Math.floor((y - this.bounds.bottom) / this.cell), 0, this.rows - 1);
  }

  private fill(count: number): void {
    const cells = new Uint32Array(count);
    for (let index = 0; index < count; index++) {
      const cell = this.row(this.points[2 * index + 1]!) * this.columns + this.column(this.points[2 * index]!);
      cells[index] = cell;
      this.starts[cell + 1]!++;
    }
    for (let cell = 0; cell < this.columns * this.rows; cell++) this.starts[cell + 1]! += this.starts[cell]!;
    const next = this.starts.slice(0, -1);
    for (let index = 0; index < count; index++) this.members[next[cells[index]!]!++] = index;
  }
}

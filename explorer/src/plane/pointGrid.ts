import { type Bounds, boundsOf, clamp, type Position } from "../base/geometry";
import { NearestList } from "./nearestList";

const POINTS_A_CELL = 4;
/** A grid has at most so many cells along its longer side. */
const MOST_CELLS = 1024;

/** A grid over the points that finds those near to a position without looking at all of them. */
export class PointGrid {
  private readonly bounds: Bounds;
  private readonly columns: number;
  private readonly rows: number;
  private readonly cell: number;
  /** The points of cell c stand at places `starts[c] … starts[c + 1] − 1`. */
  private readonly starts: Uint32Array;
  /** The points' numbers, cell after cell. */
  private readonly members: Uint32Array;
  /** Their coordinates in the same order, x and y in turn. */
  private readonly sorted: Float32Array;

  /**
   * @param points x and y in turn
   * @param wished a cell's side in map units; without it, so large that a cell holds some four points
   */
  constructor(points: Float32Array, wished: number | null = null) {
    this.bounds = boundsOf(points);
    const across = this.bounds.right - this.bounds.left;
    const up = this.bounds.top - this.bounds.bottom;
    const dense = Math.sqrt((across * up * POINTS_A_CELL) / Math.max(1, points.length / 2));
    this.cell = Math.max(wished ?? dense, (Math.max(across, up) || 1) / MOST_CELLS);
    this.columns = Math.max(1, Math.ceil(across / this.cell));
    this.rows = Math.max(1, Math.ceil(up / this.cell));
    this.starts = new Uint32Array(this.columns * this.rows + 1);
    this.members = new Uint32Array(points.length / 2);
    this.sorted = new Float32Array(points.length);
    this.fill(points);
  }

  /**
   * The nearest point within `radius` map units, or null.
   *
   * @param visible 0 for a point that is not to be found; all are found without it
   */
  nearest(position: Position, radius: number, visible: Uint8Array | null = null): number | null {
    const { x, y } = position;
    const left = this.column(x - radius);
    const right = this.column(x + radius);
    const top = this.row(y + radius);
    let best: number | null = null;
    let least = radius * radius;
    for (let row = this.row(y - radius); row <= top; row++) {
      const last = this.starts[row * this.columns + right + 1]!;
      for (let place = this.starts[row * this.columns + left]!; place < last; place++) {
        const square = this.square(place, x, y);
        if (square > least || visible?.[this.members[place]!] === 0) continue;
        least = square;
        best = this.members[place]!;
      }
    }
    return best;
  }

  /** The nearest point however far; null where there is none. */
  nearestOfAll(position: Position, visible: Uint8Array | null = null): number | null {
    const list = new NearestList(1);
    this.search(position, list, visible);
    return list.count > 0 ? list.rows[0]! : null;
  }

  /** Offers a list every point that may be among the nearest, by looking in ever larger rings of cells. */
  search({ x, y }: Position, list: NearestList, visible: Uint8Array | null = null): void {
    const { left, bottom, right, top } = this.bounds;
    const column = this.column(x);
    const row = this.row(y);
    const beside = Math.max(left - x, x - right, 0);
    const above = Math.max(bottom - y, y - top, 0);
    const widest = Math.max(this.columns, this.rows);
    for (let ring = 0; ring <= widest; ring++) {
      // Whatever is left lies at least so much further along one of the axes.
      const deeper = Math.max(0, ring - 1) * this.cell;
      const least = Math.min(squared(beside + deeper, above), squared(beside, above + deeper));
      if (least > list.worst) return;
      const lowest = Math.max(0, row - ring);
      const highest = Math.min(this.rows - 1, row + ring);
      for (let at = lowest; at <= highest; at++) {
        const step = Math.abs(at - row) === ring ? 1 : Math.max(1, 2 * ring);
        const first = column - ring < 0 && step === 1 ? 0 : column - ring;
        const last = Math.min(column + ring, this.columns - 1);
        for (let along = first; along <= last; along += step) {
          if (along >= 0) this.offerCell(at * this.columns + along, x, y, list, visible);
        }
      }
    }
  }

  /** Whether at least `wanted` points are within `radius`. */
  holds({ x, y }: Position, radius: number, wanted: number): boolean {
    const left = this.column(x - radius);
    const right = this.column(x + radius);
    const top = this.row(y + radius);
    let found = 0;
    for (let row = this.row(y - radius); row <= top; row++) {
      const last = this.starts[row * this.columns + right + 1]!;
      for (let place = this.starts[row * this.columns + left]!; place < last; place++) {
        if (this.square(place, x, y) <= radius * radius && ++found === wanted) return true;
      }
    }
    return false;
  }

  private offerCell(cell: number, x: number, y: number, list: NearestList, visible: Uint8Array | null): void {
    const last = this.starts[cell + 1]!;
    for (let place = this.starts[cell]!; place < last; place++) {
      const square = this.square(place, x, y);
      if (square < list.worst && visible?.[this.members[place]!] !== 0) list.offer(this.members[place]!, square);
    }
  }

  private square(place: number, x: number, y: number): number {
    return squared(this.sorted[2 * place]! - x, this.sorted[2 * place + 1]! - y);
  }

  private column(x: number): number {
    return clamp(Math.floor((x - this.bounds.left) / this.cell), 0, this.columns - 1);
  }

  private row(y: number): number {
    return clamp(Math.floor((y - this.bounds.bottom) / this.cell), 0, this.rows - 1);
  }

  private fill(points: Float32Array): void {
    const count = this.members.length;
    const cells = new Uint32Array(count);
    for (let index = 0; index < count; index++) {
      const cell = this.row(points[2 * index + 1]!) * this.columns + this.column(points[2 * index]!);
      cells[index] = cell;
      this.starts[cell + 1]!++;
    }
    for (let cell = 0; cell < this.columns * this.rows; cell++) this.starts[cell + 1]! += this.starts[cell]!;
    const next = this.starts.slice(0, -1);
    for (let index = 0; index < count; index++) {
      const place = next[cells[index]!]!++;
      this.members[place] = index;
      this.sorted[2 * place] = points[2 * index]!;
      this.sorted[2 * place + 1] = points[2 * index + 1]!;
    }
  }
}

const squared = (dx: number, dy: number): number => dx * dx + dy * dy;

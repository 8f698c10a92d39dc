import type { DensityGrid } from "./density";

/** One line of equal density. */
export interface ContourLine {
  /** Whether its last point is joined to its first; an open line ends at the grid's edge. */
  readonly closed: boolean;
  /** x and y in turn, in map units; the denser side is to the left. */
  readonly points: Float32Array;
}

export interface Contour {
  readonly level: number;
  readonly lines: readonly ContourLine[];
}

/** The sides of a square between four neighbouring cell centres. */
const BOTTOM = 0;
const RIGHT = 1;
const TOP = 2;
const LEFT = 3;

type Segment = readonly [from: number, to: number];

/**
 * The segments through a square, by which of its corners are above the level: bottom left 1, bottom right 2, top
 * right 4, top left 8. Each runs with those corners to its left, so that segments of neighbours join head to tail.
 */
const SEGMENTS: readonly (readonly Segment[])[] = [
  [],
  [[BOTTOM, LEFT]],
  [[RIGHT, BOTTOM]],
  [[RIGHT, LEFT]],
  [[TOP, RIGHT]],
  [[BOTTOM, LEFT], [TOP, RIGHT]],
  [[TOP, BOTTOM]],
  [[TOP, LEFT]],
  [[LEFT, TOP]],
  [[BOTTOM, TOP]],
  [[RIGHT, BOTTOM], [LEFT, TOP]],
  [[RIGHT, TOP]],
  [[LEFT, RIGHT]],
  [[BOTTOM, RIGHT]],
  [[LEFT, BOTTOM]],
  [],
];
/** The same for a saddle whose middle is above the level: its two high corners hang together. */
const BRIDGED: Readonly<Record<number, readonly Segment[]>> = {
  5: [[BOTTOM, RIGHT], [TOP, LEFT]],
  10: [[LEFT, BOTTOM], [RIGHT, TOP]],
};

const NONE = -1;

/** Lines of equal density at each level, by marching squares (W. Lorensen, H. Cline, 1987, in the plane). */
export function contours(grid: DensityGrid, levels: readonly number[]): Contour[] {
  return levels.map((level) => ({ level, lines: joined(grid, level, crossings(grid, level)) }));
}

/**
 * For each edge between neighbouring cell centres, the edge that the line through it crosses next, or −1. The edge to
 * the right of centre c has the number 2c, the one above it 2c + 1.
 */
function crossings({ columns, rows, values }: DensityGrid, level: number): Int32Array {
  const next = new Int32Array(2 * columns * rows).fill(NONE);
  for (let row = 0; row < rows - 1; row++) {
    for (let column = 0; column < columns - 1; column++) {
      const center = row * columns + column;
      const a = values[center]!;
      const b = values[center + 1]!;
      const c = values[center + columns + 1]!;
      const d = values[center + columns]!;
      const above = (a > level ? 1 : 0) | (b > level ? 2 : 0) | (c > level ? 4 : 0) | (d > level ? 8 : 0);
      if (above === 0 || above === 15) continue;
      const bridged = (above === 5 || above === 10) && (a + b + c + d) / 4 > level;
      for (const [from, to] of (bridged ? BRIDGED[above] : SEGMENTS[above])!) {
        next[edgeOf(from, center, columns)] = edgeOf(to, center, columns);
      }
    }
  }
  return next;
}

function edgeOf(side: number, center: number, columns: number): number {
  if (side === BOTTOM) return 2 * center;
  if (side === RIGHT) return 2 * (center + 1) + 1;
  if (side === TOP) return 2 * (center + columns);
  return 2 * center + 1;
}

/** Follows the crossings from edge to edge: first the lines that enter at the grid's edge, then the rings. */
function joined(grid: DensityGrid, level: number, next: Int32Array): ContourLine[] {
  const entered = new Uint8Array(next.length);
  for (const edge of next) if (edge !== NONE) entered[edge] = 1;
  const lines: ContourLine[] = [];
  for (const closed of [false, true]) {
    for (let start = 0; start < next.length; start++) {
      if (next[start] === NONE || (!closed && entered[start])) continue;
      lines.push({ closed, points: followed(grid, level, next, start) });
    }
  }
  return lines;
}

/** The line from an edge on; takes up the crossings that it passes. */
function followed(grid: DensityGrid, level: number, next: Int32Array, start: number): Float32Array {
  const points: number[] = [];
  let edge = start;
  do {
    points.push(...crossing(grid, level, edge));
    const following = next[edge]!;
    next[edge] = NONE;
    edge = following;
  } while (edge !== NONE && edge !== start);
  return Float32Array.from(points);
}

/** Where an edge crosses the level, linear between its two cell centres. */
function crossing({ columns, cell, left, bottom, values }: DensityGrid, level: number, edge: number): readonly [number, number] {
  const center = edge >> 1;
  const upwards = (edge & 1) === 1;
  const from = values[center]!;
  const to = values[center + (upwards ? columns : 1)]!;
  const along = (level - from) / (to - from);
  const column = (center % columns) + (upwards ? 0 : along);
  const row = Math.floor(center / columns) + (upwards ? along : 0);
  return [left + (column + 0.5) * cell, bottom + (row + 0.5) * cell];
}

import { type Bounds, clamp, type Position } from "../base/geometry";

/** A density over the map: points a square map unit, at the centres of square cells. */
export interface DensityGrid {
  readonly columns: number;
  readonly rows: number;
  /** A cell's side in map units. */
  readonly cell: number;
  readonly left: number;
  readonly bottom: number;
  /** (rows, columns), the bottom row first. */
  readonly values: Float32Array;
}

export interface DensityOptions {
  /** The kernel's standard deviation in map units; by Scott's rule if left out. */
  readonly bandwidth?: number;
  /** One number a point; a point with 0 is left out. */
  readonly visible?: Uint8Array | null;
  /** Cells along the longer side. */
  readonly cells?: number;
}

const CELLS = 192;
/** Bounds of Scott's bandwidth, as shares of the longer side: it is made for one hill, and maps have many. */
const NARROWEST = 0.006;
const WIDEST = 0.03;
/** Bandwidths from a point to where its kernel is cut off, which is also the padding round the bounds. */
const REACH = 3.5;

/** The kernel density of the points: shared out among the four nearest cell centres, then blurred by a Gaussian. */
export function densityOf(points: Float32Array, bounds: Bounds, options: DensityOptions = {}): DensityGrid {
  const { visible = null, cells = CELLS } = options;
  const across = bounds.right - bounds.left;
  const up = bounds.top - bounds.bottom;
  const longer = Math.max(across, up) || 1;
  const bandwidth = options.bandwidth ?? scottBandwidth(points, longer, visible);
  const padding = REACH * bandwidth;
  const cell = (longer + 2 * padding) / cells;
  const columns = Math.max(2, Math.ceil((across + 2 * padding) / cell - 1e-6));
  const rows = Math.max(2, Math.ceil((up + 2 * padding) / cell - 1e-6));
  // What rounding up adds is shared between both sides, so that the map stays in the middle.
  const left = (bounds.left + bounds.right - columns * cell) / 2;
  const bottom = (bounds.bottom + bounds.top - rows * cell) / 2;
  const counts = new Float32Array(columns * rows);
  const grid = { columns, rows, cell, left, bottom, values: counts };
  shareOut(grid, points, visible);
  const kernel = gaussian(bandwidth / cell);
  const scaled = kernel.map((weight) => weight / (cell * cell));
  const alongRows = blurred(counts, { lines: rows, apart: columns, length: columns, step: 1 }, kernel);
  const values = blurred(alongRows, { lines: columns, apart: 1, length: rows, step: columns }, scaled);
  return { ...grid, values };
}

/** The density at a position, bilinear between cell centres; 0 off the grid. */
export const densityAt = (grid: DensityGrid, position: Position): number => sample(grid, position.x, position.y);

/** The density at each point. */
export function densityOfPoints(grid: DensityGrid, points: Float32Array): Float32Array {
  const densities = new Float32Array(points.length / 2);
  for (let index = 0; index < densities.length; index++) {
    densities[index] = sample(grid, points[2 * index]!, points[2 * index + 1]!);
  }
  return densities;
}

/** For each share, the level above which the density holds that share of its mass; 0 where there is none. */
export function massLevels(grid: DensityGrid, shares: readonly number[]): number[] {
  const rising = grid.values.slice().sort();
  const total = rising.reduce((sum, value) => sum + value, 0);
  return shares.map((share) => {
    let held = 0;
    let slot = rising.length;
    while (slot > 0 && held < share * total) held += rising[--slot]!;
    return rising[slot] ?? rising[slot - 1]!;
  });
}

/**
 * Scott's rule in two dimensions, spread · n^(−1/6), bounded to what a map can show (D. W. Scott, “Multivariate
 * Density Estimation”, 1992, section 6.3).
 */
function scottBandwidth(points: Float32Array, longer: number, visible: Uint8Array | null): number {
  let count = 0;
  let x = 0;
  let y = 0;
  let squares = 0;
  for (let index = 0; index < points.length / 2; index++) {
    if (visible?.[index] === 0) continue;
    count++;
    // Running means: a map far from its origin loses no digits.
    const dx = points[2 * index]! - x;
    const dy = points[2 * index + 1]! - y;
    x += dx / count;
    y += dy / count;
    squares += dx * (points[2 * index]! - x) + dy * (points[2 * index + 1]! - y);
  }
  const spread = Math.sqrt(squares / (2 * Math.max(1, count)));
  return clamp(spread * Math.max(1, count) ** (-1 / 6), NARROWEST * longer, WIDEST * longer);
}

/** Adds each visible point to the four cells round it, by how near their centres are. */
function shareOut(grid: DensityGrid, points: Float32Array, visible: Uint8Array | null): void {
  const { columns, rows, cell, left, bottom, values } = grid;
  for (let index = 0; index < points.length / 2; index++) {
    if (visible?.[index] === 0) continue;
    const across = (points[2 * index]! - left) / cell - 0.5;
    const up = (points[2 * index + 1]! - bottom) / cell - 0.5;
    if (!(across >= 0 && up >= 0 && across < columns - 1 && up < rows - 1)) continue;
    const column = Math.floor(across);
    const row = Math.floor(up);
    const right = across - column;
    const above = up - row;
    const slot = row * columns + column;
    values[slot]! += (1 - right) * (1 - above);
    values[slot + 1]! += right * (1 - above);
    values[slot + columns]! += (1 - right) * above;
    values[slot + columns + 1]! += right * above;
  }
}

/** The right half of a Gaussian of the given width in cells, its middle first; the whole kernel sums to 1. */
function gaussian(width: number): Float32Array {
  const kernel = Float32Array.from({ length: Math.ceil(REACH * width) + 1 }, (_, offset) => Math.exp(-0.5 * (offset / width) ** 2));
  const sum = kernel.reduce((total, weight) => total + 2 * weight, -1);
  return kernel.map((weight) => weight / sum);
}

/** How an array is cut into lines to blur along: where each begins, and how far its values are apart. */
interface Lines {
  readonly lines: number;
  readonly apart: number;
  readonly length: number;
  readonly step: number;
}

function blurred(values: Float32Array, { lines, apart, length, step }: Lines, kernel: Float32Array): Float32Array {
  const result = new Float32Array(values.length);
  const reach = kernel.length - 1;
  for (let line = 0; line < lines; line++) {
    for (let at = 0; at < length; at++) {
      const first = Math.max(0, at - reach);
      const last = Math.min(length - 1, at + reach);
      let sum = 0;
      for (let from = first; from <= last; from++) {
        sum += values[line * apart + from * step]! * kernel[Math.abs(from - at)]!;
      }
      result[line * apart + at * step] = sum;
    }
  }
  return result;
}

function sample({ columns, rows, cell, left, bottom, values }: DensityGrid, x: number, y: number): number {
  const across = (x - left) / cell - 0.5;
  const up = (y - bottom) / cell - 0.5;
  if (!(across >= 0 && up >= 0 && across < columns - 1 && up < rows - 1)) return 0;
  const column = Math.floor(across);
  const row = Math.floor(up);
  const slot = row * columns + column;
  const below = values[slot]! + (across - column) * (values[slot + 1]! - values[slot]!);
  const over = slot + columns;
  const above = values[over]! + (across - column) * (values[over + 1]! - values[over]!);
  return below + (up - row) * (above - below);
}

/** A position on the map, in the map's own coordinates (y grows upwards). */
export interface Position {
  readonly x: number;
  readonly y: number;
}

/** A place in the map's element, in CSS pixels from its top left corner (y grows downwards). */
export interface Place {
  readonly left: number;
  readonly top: number;
}

export interface Bounds {
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly top: number;
}

export const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

export const distance = (a: Position, b: Position): number => Math.hypot(a.x - b.x, a.y - b.y);

/** Whether two positions are the same to the last bit. */
export const samePosition = (a: Position, b: Position): boolean => a.x === b.x && a.y === b.y;

export const sameBounds = (a: Bounds, b: Bounds): boolean => a.left === b.left && a.bottom === b.bottom && a.right === b.right && a.top === b.top;

/** The smallest box that holds points, x and y in turn; of no points, an empty one at the origin. */
export function boundsOf(points: Float32Array): Bounds {
  if (points.length === 0) return { left: 0, bottom: 0, right: 0, top: 0 };
  let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let index = 0; index < points.length; index += 2) {
    left = Math.min(left, points[index]!);
    right = Math.max(right, points[index]!);
    bottom = Math.min(bottom, points[index + 1]!);
    top = Math.max(top, points[index + 1]!);
  }
  return { left, bottom, right, top };
}

/** Room round points, as a share of the side that they fill. */
const MARGIN = 0.02;
/** Points that differ by less than this share of where they are lie on one spot, as far as float32 can tell. */
const SPOT = 1e-6;

/** The bounds of points with some room round them; of one spot, half a unit to every side. */
export function boundsAround(points: Float32Array): Bounds {
  const { left, bottom, right, top } = boundsOf(points);
  const side = Math.max(right - left, top - bottom);
  const farthest = Math.max(...[left, bottom, right, top].map(Math.abs));
  const margin = side > SPOT * farthest ? MARGIN * side : 0.5;
  return { left: left - margin, bottom: bottom - margin, right: right + margin, top: top + margin };
}

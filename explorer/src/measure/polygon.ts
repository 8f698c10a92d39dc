import { distance, type Position } from "../base/geometry";

/** A freehand line of more vertices than this shows no more of the hand. */
const MOST_VERTICES = 200;

/**
 * The points inside a polygon, by the even–odd rule: where the line crosses itself, what it goes round twice is out.
 *
 * @param polygon its vertices; the last is joined to the first
 * @param points x and y in turn
 * @param visible one number a point; a point with 0 is left out
 * @returns indices, rising
 */
export function pointsInside(
  polygon: readonly Position[],
  points: Float32Array,
  visible: Uint8Array | null = null,
): Uint32Array {
  const xs = Float64Array.from(polygon, ({ x }) => x);
  const ys = Float64Array.from(polygon, ({ y }) => y);
  const left = Math.min(...xs);
  const right = Math.max(...xs);
  const bottom = Math.min(...ys);
  const top = Math.max(...ys);
  const inside = new Uint32Array(points.length / 2);
  let count = 0;
  for (let index = 0; index < inside.length; index++) {
    const x = points[2 * index]!;
    const y = points[2 * index + 1]!;
    if (x < left || x > right || y < bottom || y > top || visible?.[index] === 0) continue;
    if (isInside(xs, ys, x, y)) inside[count++] = index;
  }
  return inside.slice(0, count);
}

/** Whether a ray to the right crosses the polygon an odd number of times. */
function isInside(xs: Float64Array, ys: Float64Array, x: number, y: number): boolean {
  let odd = false;
  let before = xs.length - 1;
  for (let at = 0; at < xs.length; before = at++) {
    const high = ys[at]! > y;
    if (high === ys[before]! > y) continue;
    const crossing = xs[at]! + ((y - ys[at]!) / (ys[before]! - ys[at]!)) * (xs[before]! - xs[at]!);
    if (x < crossing) odd = !odd;
  }
  return odd;
}

/** Vertices `first … last` of a polygon, to be drawn as one straight line. */
interface Stretch {
  readonly first: number;
  readonly last: number;
  /** The vertex furthest from that line, and its distance. */
  readonly furthest: number;
  readonly deviation: number;
}

/**
 * A polygon of at most 200 of the vertices, none of the others further than `tolerance` from it where 200 suffice: the
 * method of D. Douglas and T. Peucker (1973), which always splits where the line is furthest off.
 */
export function simplified(polygon: readonly Position[], tolerance: number): Position[] {
  const first = polygon[0];
  if (!first || polygon.length < 4) return [...polygon];
  const opposite = furthestFrom(first, polygon);
  const stretches = [stretch(polygon, 0, opposite), stretch(polygon, opposite, polygon.length)];
  while (stretches.length < MOST_VERTICES) {
    const worst = stretches.reduce((worst, other) => (other.deviation > worst.deviation ? other : worst));
    if (worst.deviation <= tolerance) break;
    const { first, last, furthest } = worst;
    stretches.splice(stretches.indexOf(worst), 1, stretch(polygon, first, furthest), stretch(polygon, furthest, last));
  }
  return stretches.map(({ first }) => polygon[first]!);
}

function furthestFrom(position: Position, polygon: readonly Position[]): number {
  const distances = polygon.map((vertex) => distance(vertex, position));
  return distances.reduce((best, away, index) => (away > distances[best]! ? index : best), 0);
}

/** @param last may be the polygon's length, which is its first vertex again */
function stretch(polygon: readonly Position[], first: number, last: number): Stretch {
  const from = polygon[first]!;
  const to = polygon[last % polygon.length]!;
  let furthest = first;
  let deviation = 0;
  for (let index = first + 1; index < last; index++) {
    const away = distanceToLine(polygon[index]!, from, to);
    if (away > deviation) [furthest, deviation] = [index, away];
  }
  return { first, last, furthest, deviation };
}

/** The distance to the straight line between two positions, not to its continuation. */
function distanceToLine(position: Position, from: Position, to: Position): number {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const square = dx * dx + dy * dy;
  const along = square === 0 ? 0 : ((position.x - from.x) * dx + (position.y - from.y) * dy) / square;
  const bounded = Math.min(1, Math.max(0, along));
  return distance(position, { x: from.x + bounded * dx, y: from.y + bounded * dy });
}

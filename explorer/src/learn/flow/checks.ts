import type { Flow, Pair } from "./flow";

/** The area inside a closed line of points, positive if they go counterclockwise (the shoelace formula). */
export function areaOf(corners: readonly Pair[]): number {
  return corners.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = corners[(index + 1) % corners.length]!;
    return sum + (x * nextY - nextX * y) / 2;
  }, 0);
}

/** The rim of a square round a point, counterclockwise, in `steps` steps a side. */
export function squareRound([x, y]: Pair, side: number, steps: number): readonly Pair[] {
  const rim: Pair[] = [];
  const corners: readonly Pair[] = [[-1, -1], [1, -1], [1, 1], [-1, 1]];
  corners.forEach(([left, low], corner) => {
    const [right, high] = corners[(corner + 1) % 4]!;
    for (let step = 0; step < steps; step++) {
      const share = step / steps;
      rim.push([x + (side / 2) * (left + share * (right - left)), y + (side / 2) * (low + share * (high - low))]);
    }
  });
  return rim;
}

/** Steps to either side for derivatives by differences: what rounding and curvature leave is about 1e-10. */
const DIFFERENCE = 1e-5;

/** log |det ∂f/∂z| by central differences of f itself, without the formula that each layer has for its own. */
export function logDetByDifferences(flow: Flow, [x, y]: Pair, depth: number): number {
  const at = (right: number, up: number): Pair => flow.forward([x + right, y + up], depth).place;
  const slopes = (one: Pair, other: Pair): Pair => [(one[0] - other[0]) / (2 * DIFFERENCE), (one[1] - other[1]) / (2 * DIFFERENCE)];
  const byX = slopes(at(DIFFERENCE, 0), at(-DIFFERENCE, 0));
  const byY = slopes(at(0, DIFFERENCE), at(0, -DIFFERENCE));
  return Math.log(Math.abs(byX[0] * byY[1] - byX[1] * byY[0]));
}

/** A rectangle of the plane. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
}

/** The smallest rectangle with all points in it, widened by a share of its sides. */
export function boxOf(points: readonly Pair[], share: number): Box {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const [across, up] = [share * (right - left), share * (top - bottom)];
  return { left: left - across, right: right + across, bottom: bottom - up, top: top + up };
}

/** The integral of p(x) over a rectangle by the midpoint rule, a row of `side` cells at a step; the last value is the whole. */
export function* integral(flow: Flow, box: Box, side: number): Generator<number, number> {
  const [width, height] = [(box.right - box.left) / side, (box.top - box.bottom) / side];
  let sum = 0;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const place: Pair = [box.left + (column + 0.5) * width, box.bottom + (row + 0.5) * height];
      sum += Math.exp(flow.logDensity(place)) * width * height;
    }
    yield sum;
  }
  return sum;
}

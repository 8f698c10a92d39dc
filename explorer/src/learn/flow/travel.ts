import type { Position } from "../../base/geometry";
import { normalDraws } from "../normalDraws";
import { type Box, boxOf } from "./checks";
import type { Flow, Pair, Stations } from "./flow";
import type { FlowRecord } from "./record";

/** Units of the base to either side that its grid covers, and between two lines. */
const REACH = 3;
const GAP = 0.5;
const PER_LINE = 61;
const CLOUD = 500;
/** Within this of 0, squared, are half of all draws of N(0, I) in the plane. */
const HALF_OF_ALL = 2 * Math.log(2);
/** Draws beyond this are left to the margins. */
const SEEN = 2.6;

export const positionOf = ([x, y]: Pair): Position => ({ x, y });

function gridLines(): readonly (readonly Pair[])[] {
  const along = Array.from({ length: PER_LINE }, (_, index) => -REACH + (2 * REACH * index) / (PER_LINE - 1));
  const at = Array.from({ length: (2 * REACH) / GAP + 1 }, (_, index) => -REACH + index * GAP);
  return [...at.map((x) => along.map((y): Pair => [x, y])), ...at.map((y) => along.map((x): Pair => [x, y]))];
}

export function cloud(seed: number): readonly Pair[] {
  const draws = normalDraws(2 * CLOUD, seed);
  return Array.from({ length: CLOUD }, (_, index) => [draws[2 * index]!, draws[2 * index + 1]!]);
}

/** What is seen of the plane: its middle, and half of its sides. */
export interface Window {
  readonly middle: Position;
  readonly half: { readonly across: number; readonly up: number };
}

const windowOf = ({ left, right, bottom, top }: Box): Window => ({
  middle: { x: (left + right) / 2, y: (bottom + top) / 2 },
  half: { across: (right - left) / 2, up: (top - bottom) / 2 },
});

/** A grid and a cloud of N(0, I) on their way through a flow. */
export class Travel {
  private readonly lines = gridLines();
  private readonly grid: Stations;
  private readonly cloud: Stations;
  /** Whether each of the cloud is among the inner half. */
  private readonly inner: readonly boolean[];
  /** After each whole layer, what holds most of the cloud, and the data. */
  private readonly boxes: readonly Box[];

  constructor(flow: Flow, { data }: FlowRecord, draws: readonly Pair[]) {
    this.grid = flow.stations(this.lines.flat());
    this.cloud = flow.stations(draws);
    this.inner = draws.map(([x, y]) => x * x + y * y < HALF_OF_ALL);
    const near = draws.map(([x, y]) => Math.hypot(x, y) < SEEN);
    this.boxes = Array.from({ length: flow.depth + 1 }, (_, depth) => boxOf([...this.cloud.at(depth).filter((__, index) => near[index]), ...data], 0.08));
  }

  /** The grid's lines after `depth` layers. */
  linesAt(depth: number): readonly (readonly Position[])[] {
    const points = this.grid.at(depth);
    return this.lines.map((_, line) => points.slice(line * PER_LINE, (line + 1) * PER_LINE).map(positionOf));
  }

  /** The cloud after `depth` layers: the half that began near 0, and the other. */
  cloudAt(depth: number): { readonly inner: readonly Position[]; readonly outer: readonly Position[] } {
    const points = this.cloud.at(depth).map(positionOf);
    return { inner: points.filter((_, index) => this.inner[index]), outer: points.filter((_, index) => !this.inner[index]) };
  }

  /** What is to be seen after `depth` layers. */
  windowAt(depth: number): Window {
    const whole = Math.floor(depth);
    const [before, after] = [this.boxes[whole]!, this.boxes[Math.ceil(depth)]!];
    const mixed = (side: keyof Box): number => before[side] + (depth - whole) * (after[side] - before[side]);
    return windowOf({ left: mixed("left"), right: mixed("right"), bottom: mixed("bottom"), top: mixed("top") });
  }

  /** What holds as good as all that the whole flow makes. */
  get everything(): Box {
    return boxOf([...this.cloud.at(this.boxes.length - 1), ...this.grid.at(this.boxes.length - 1)], 0.3);
  }
}

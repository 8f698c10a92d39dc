import type { Position } from "../base/geometry";
import type { LatentMap } from "../plane/latentMap";
import { flat } from "./paths";
import type { Plan } from "./plan";

/** Places along the path that are looked up on the map. */
const DRAWN = 24;
/** While a hand moves a stop, looking places up may take this long a frame, in milliseconds. */
const BUDGET = 3;
/** Nearer to a stop than this, along the path, a place adds nothing to it. */
const ON = 1e-6;

/** Where on the map a path goes, through its stops: what is straight in latent space need not be so there. */
export class PathOnMap {
  /** Milliseconds that one place took to look up, last time. */
  private cost = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** @param hurried a hand is moving a stop: as many places as there is time for */
  positions(plan: Plan, stops: readonly Position[], map: Pick<LatentMap, "positionsOf">, hurried: boolean): readonly Position[] {
    const most = hurried && this.cost > 0 ? Math.min(DRAWN, Math.floor(BUDGET / this.cost)) : DRAWN;
    const drawn = spread(plan.latents.length, most);
    const begun = this.now();
    const found = map.positionsOf(flat(drawn.map((frame) => plan.latents[frame]!)));
    if (drawn.length > 0) this.cost = (this.now() - begun) / drawn.length;
    const between = drawn.map((frame, index) => ({ t: plan.parameters[frame]!, position: { x: found[2 * index]!, y: found[2 * index + 1]! } }));
    const onStops = stops.map((position, t) => ({ t, position }));
    const path = [...onStops, ...between.filter(({ t }) => !onStops.some((stop) => Math.abs(stop.t - t) < ON))];
    return path.sort((a, b) => a.t - b.t).map(({ position }) => position);
  }
}

/** At most so many of a path's frames, evenly from the first to the last; fewer than two say nothing. */
function spread(frames: number, most: number): number[] {
  if (most < 2) return [];
  const step = Math.max(1, (frames - 1) / (most - 1));
  return Array.from({ length: Math.min(most, frames) }, (_, index) => Math.round(index * step));
}

import type { Position } from "../base/geometry";
import type { LatentMap } from "../plane/latentMap";
import { flat } from "./paths";
import type { Plan } from "./plan";

/** Places along the path that are looked up on the map. */
const DRAWN = 24;
/** Nearer to a stop than this, along the path, a place adds nothing to it. */
const ON = 1e-6;

/** Where on the map a path goes, through its stops: what is straight in latent space need not be so there. */
export function pathOnMap(plan: Plan, stops: readonly Position[], map: Pick<LatentMap, "positionsOf">): readonly Position[] {
  const step = Math.max(1, (plan.latents.length - 1) / (DRAWN - 1));
  const drawn = Array.from({ length: Math.min(DRAWN, plan.latents.length) }, (_, index) => Math.round(index * step));
  const found = map.positionsOf(flat(drawn.map((frame) => plan.latents[frame]!)));
  const between = drawn.map((frame, index) => ({ t: plan.parameters[frame]!, position: { x: found[2 * index]!, y: found[2 * index + 1]! } }));
  const onStops = stops.map((position, t) => ({ t, position }));
  const path = [...onStops, ...between.filter(({ t }) => !onStops.some((stop) => Math.abs(stop.t - t) < ON))];
  return path.sort((a, b) => a.t - b.t).map(({ position }) => position);
}

import { type CarriedLines, equalSteps, finely, gridBetween, line, type Path, polyline, slerp, travelled, type Travelled } from "./paths";
import type { Geodesic } from "./service";
import { type Choices, type ComputedMode, CORNERS, isComputed, type Mode } from "./state";

/**
 * How often the steps are evened out: a step across a stop cuts the corner and is shorter than the way along the path.
 */
export const ROUNDS = 5;

/** The latents of a sheet of frames, and for a path where along it they are. */
export interface Plan {
  readonly latents: readonly Float32Array[];
  /** Of each frame: stop k is at k. Empty for a grid. */
  readonly parameters: readonly number[];
  readonly columns: number;
  readonly rows: number;
}

/** What is known of the paths that the server finds. */
export type Found = Readonly<Partial<Record<ComputedMode, Geodesic>>>;

/**
 * The path of a mode; one that is still to be found is stood in for by the line.
 *
 * @param flow straight lines in the own space of the model's prior; null where that is no flow, or has not arrived
 */
export function pathOf(mode: Mode, stops: readonly Float32Array[], found: Found, flow: CarriedLines | null = null): Path {
  const known = isComputed(mode) ? found[mode] : undefined;
  if (known) return polyline(known.points, known.pointsPerSegment);
  if (mode === "flow" && flow) return flow.through(stops);
  return mode === "slerp" ? slerp(stops) : line(stops);
}

/** @param measured the way covered in images, where steps are to be equal in those; null for equal steps in latents */
export function planFrames(
  { shape, mode, frames, side, beyond }: Pick<Choices, "shape" | "mode" | "frames" | "side" | "beyond">,
  stops: readonly Float32Array[],
  found: Found,
  measured: Travelled | null,
  flow: CarriedLines | null = null,
): Plan {
  if (shape === "grid") {
    const corners = stops.slice(0, CORNERS);
    const latents = mode === "flow" && flow ? flow.grid(corners, side) : gridBetween(corners, side, (ends) => pathOf(mode, ends, {}));
    return { latents, parameters: [], columns: side, rows: side };
  }
  const path = pathOf(mode, stops, found, flow);
  let parameters = equalSteps(measured ?? travelled(path, finely(stops.length, beyond)), frames);
  if (!measured) for (let round = 0; round < ROUNDS; round++) parameters = equalSteps(travelled(path, parameters), frames);
  return { latents: parameters.map(path), parameters, columns: frames, rows: 1 };
}

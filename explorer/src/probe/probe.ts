import type { Position } from "../base/geometry";
import type { Anchor } from "../plane/anchor";
import type { ProbeState } from "../state/state";

/** The probe as it stands on the map in use. */
export type ProbeStand = Omit<ProbeState, "method">;

/** Where the probe is, and which latent it started from. */
export interface Probe {
  readonly position: Position;
  readonly anchor: Anchor | null;
  /** The data point that the probe is exactly on. */
  readonly point: number | null;
}

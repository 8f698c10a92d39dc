import type { Position } from "../base/geometry";
import type { Anchor } from "./anchor";

/** A way between the plane and latent space, for many at once. */
export interface Plane {
  /** The latents at positions, x and y in turn: (n, D). */
  latentsAt(positions: Float32Array): Float32Array;
  /** The positions of latents (n, D): x and y in turn. */
  positionsOf(latents: Float32Array): Float32Array;
}

/** The map in use: where each latent is on it, and what lies under each position. */
export interface LatentMap extends Plane {
  /** The latent at a position where the map is laid through an anchor, whose own latent it gives at its position. */
  latentAt(position: Position, anchor: Anchor | null): Float32Array;
  positionOf(latent: Float32Array): Position;
}

/** Where something of so many dimensions stands that a hand has carried: a single one has its line, and nothing beside it. */
export function standAt(map: Pick<LatentMap, "latentAt" | "positionOf">, hand: Position, anchor: Anchor | null, dimensions: number): Position {
  return dimensions === 1 ? map.positionOf(map.latentAt(hand, anchor)) : hand;
}

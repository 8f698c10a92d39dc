import { distance, type Position } from "../base/geometry";

/** A latent that the map passes through: at its position the map gives exactly this latent. */
export interface Anchor {
  readonly position: Position;
  readonly latent: Float32Array;
}

/** An anchor's pull is down to 61 % at this share of the map's larger side. */
const REACH = 0.1;

export const anchorReach = (width: number, height: number): number => REACH * Math.max(width, height);

/** How much of an anchor's residual is left at `separation` from it: 1 on it, fading as a Gaussian of width `reach`. */
export function fade(separation: number, reach: number): number {
  return Math.exp(-(separation * separation) / (2 * reach * reach));
}

/**
 * The latent at a position: what the plane gives there, plus what the anchor's own latent adds to the plane at the
 * anchor, faded with the distance from it. Exactly the anchor's latent at the anchor.
 */
export function latentAt(
  position: Position,
  plane: Float32Array,
  anchor: Anchor,
  planeAtAnchor: Float32Array,
  reach: number,
): Float32Array {
  const separation = distance(position, anchor.position);
  if (separation === 0) return anchor.latent.slice();
  const weight = fade(separation, reach);
  return plane.map((value, dimension) => value + weight * (anchor.latent[dimension]! - planeAtAnchor[dimension]!));
}

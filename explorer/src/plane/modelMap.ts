import type { Position } from "../base/geometry";
import { type Anchor, latentAt } from "./anchor";
import type { LatentMap, Plane } from "./latentMap";

/** The model's own map, which passes through whatever a hand began with and fades back to what it says itself. */
export class ModelMap implements LatentMap {
  private anchored: { readonly anchor: Anchor; readonly plane: Float32Array } | null = null;

  constructor(
    private readonly plane: Plane,
    /** Width of an anchor's pull, in map units. */
    private readonly reach: number,
  ) {}

  latentAt(position: Position, anchor: Anchor | null): Float32Array {
    const plane = this.planeAt(position);
    if (!anchor) return plane;
    if (this.anchored?.anchor !== anchor) this.anchored = { anchor, plane: this.planeAt(anchor.position) };
    return latentAt(position, plane, anchor, this.anchored.plane, this.reach);
  }

  positionOf(latent: Float32Array): Position {
    const [x, y] = this.plane.positionsOf(latent);
    return { x: x!, y: y! };
  }

  latentsAt(positions: Float32Array): Float32Array {
    return this.plane.latentsAt(positions);
  }

  positionsOf(latents: Float32Array): Float32Array {
    return this.plane.positionsOf(latents);
  }

  private planeAt({ x, y }: Position): Float32Array {
    return this.plane.latentsAt(Float32Array.of(x, y));
  }
}

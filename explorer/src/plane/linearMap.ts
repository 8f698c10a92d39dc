import type { Position } from "../base/geometry";
import type { Anchor } from "./anchor";
import type { LatentMap } from "./latentMap";

/** A map that is a plane of latent space: a latent's position is how far it lies along two orthonormal directions. */
export class LinearMap implements LatentMap {
  constructor(
    /** The latent at the map's origin: (D). */
    readonly offset: Float32Array,
    /** The two directions: (2, D). */
    readonly basis: Float32Array,
    /** The share of the latents' variance that the plane holds; null where it was not chosen for that. */
    readonly explained: number | null,
  ) {}

  positionsOf(latents: Float32Array): Float32Array {
    const columns = this.offset.length;
    const points = new Float32Array((2 * latents.length) / columns);
    for (let index = 0; index < points.length / 2; index++) this.place(latents, index * columns, points, 2 * index);
    return points;
  }

  positionOf(latent: Float32Array): Position {
    const point = new Float64Array(2);
    this.place(latent, 0, point, 0);
    return { x: point[0]!, y: point[1]! };
  }

  latentsAt(positions: Float32Array): Float32Array {
    const columns = this.offset.length;
    const latents = new Float32Array((positions.length / 2) * columns);
    for (let index = 0; index < positions.length / 2; index++) {
      latents.set(this.latentAt({ x: positions[2 * index]!, y: positions[2 * index + 1]! }, null), index * columns);
    }
    return latents;
  }

  /** The latent at a position on the plane, laid through the anchor if there is one: exactly its latent there. */
  latentAt(position: Position, anchor: Anchor | null): Float32Array {
    const columns = this.offset.length;
    const across = position.x - (anchor?.position.x ?? 0);
    const up = position.y - (anchor?.position.y ?? 0);
    return (anchor?.latent ?? this.offset).map(
      (value, column) => value + across * this.basis[column]! + up * this.basis[columns + column]!,
    );
  }

  private place(latents: Float32Array, start: number, points: Float32Array | Float64Array, slot: number): void {
    const columns = this.offset.length;
    let x = 0;
    let y = 0;
    for (let column = 0; column < columns; column++) {
      const value = latents[start + column]! - this.offset[column]!;
      x += value * this.basis[column]!;
      y += value * this.basis[columns + column]!;
    }
    points[slot] = x;
    points[slot + 1] = y;
  }
}

/** The plane of two raw latent axes, or of the one there is, with the other dimensions at their mean. */
export function planeOfAxes(axes: readonly number[], mean: Float32Array): LinearMap {
  const offset = mean.slice();
  const basis = new Float32Array(2 * mean.length);
  axes.forEach((axis, row) => {
    offset[axis] = 0;
    basis[row * mean.length + axis] = 1;
  });
  return new LinearMap(offset, basis, null);
}

import { anchorReach } from "../plane/anchor";
import type { LatentMap, Plane } from "../plane/latentMap";
import { planeOfAxes } from "../plane/linearMap";
import { ModelMap } from "../plane/modelMap";
import { Neighbourhoods } from "../plane/neighbourhoods";
import { planeOfComponents } from "../plane/ownPlane";
import { type Manifest, mapBounds } from "./manifest";

/**
 * The map that a model came with.
 *
 * @param points x and y in turn
 * @param latents of the points, (n, D)
 * @param fitted what the way back is fitted to, (n, D)
 */
export function ownMap(manifest: Manifest, points: Float32Array, latents: Float32Array, fitted: Float32Array): LatentMap {
  const { left, right, bottom, top } = mapBounds(manifest);
  return new ModelMap(planeOf(manifest, points, latents, fitted), anchorReach(right - left, top - bottom));
}

function planeOf({ map, latent }: Manifest, points: Float32Array, latents: Float32Array, fitted: Float32Array): Plane {
  if (map.method === "axes") return planeOfAxes(map.axes!, Float32Array.from(latent.mean));
  if (map.method === "pca") return planeOfComponents(points, latents, Float32Array.from(latent.mean));
  return new Neighbourhoods(points, latents, fitted);
}

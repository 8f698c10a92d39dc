import { isWithin } from "./nearest";
import type { LatentPrior } from "./prior";

/** What nearly all of the data's own encodings keep to. */
export interface GroundLimits {
  /** The least log density under the prior that knows the data, in nats. */
  readonly log_density: number;
  /** The greatest distance to the nearest other encoding. */
  readonly distance: number;
}

/** Why a latent is said to be far from any data. */
export const FAR_IN_LATENT_SPACE =
  "This latent is less likely under the prior that draws like the data, and farther from the nearest encoded image, than 99 % of the encoded images themselves are: this image is the decoder's guess.";

/** Where latents are near the data's: judged by the latent alone, wherever a map may have it. */
export class KnownGround {
  /**
   * @param latents of the data, row by row
   * @param dimensions their means, and which of them the model uses
   */
  constructor(
    private readonly prior: LatentPrior,
    private readonly limits: GroundLimits,
    private readonly latents: Float32Array,
    private readonly dimensions: { readonly mean: readonly number[]; readonly active: readonly boolean[] },
  ) {}

  isFar(latent: Float32Array): boolean {
    const { prior, limits, latents, dimensions } = this;
    // What a collapsed dimension holds no image shows: it counts as what the data's own encodings have there.
    const seen = latent.map((value, dimension) => (dimensions.active[dimension] ? value : dimensions.mean[dimension]!));
    return prior.logDensity(seen) < limits.log_density && !isWithin(latents, seen, limits.distance);
  }
}

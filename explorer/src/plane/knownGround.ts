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
  /** @param latents of the data, row by row */
  constructor(
    private readonly prior: LatentPrior,
    private readonly limits: GroundLimits,
    private readonly latents: Float32Array,
  ) {}

  isFar(latent: Float32Array): boolean {
    const { prior, limits, latents } = this;
    return prior.logDensity(latent) < limits.log_density && !isWithin(latents, latent, limits.distance);
  }
}

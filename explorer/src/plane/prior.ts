/** A density over latent space that knows the data: learned along with the model, or fitted to what it encodes. */
export interface LatentPrior {
  /** log p(z), in nats. */
  logDensity(latent: ArrayLike<number>): number;
  /**
   * An independent draw.
   *
   * @param uniform draws from [0, 1)
   * @param noise draws from N(0, 1)
   */
  sample(uniform: () => number, noise: () => number): Float32Array;
}

import type { Encoded } from "../engine/engine";
import type { Covariance } from "../model/manifest";

/** q(z|x) = N(μ, Σ) of one image. All densities are in nats. */
export interface Posterior {
  readonly mean: Float32Array;
  /** An independent draw, μ + Σ^½ ε, with ε by `normal`, which draws from N(0, 1). */
  sample(normal: () => number): Float32Array;
  /** log q(z|x) of a latent. */
  logDensity(latent: Float32Array): number;
  /** KL(q ‖ N(0, I)) = ½ (tr Σ + μᵀμ − D − log det Σ). */
  kl(): number;
}

/** Null where Σ is full and the model's graphs are older than their telling more of it than its diagonal. */
export function posteriorOf({ mean, logVariance, cholesky }: Encoded, covariance: Covariance): Posterior | null {
  if (covariance === "diagonal") return new DiagonalPosterior(mean, logVariance);
  return cholesky && new FullPosterior(mean, cholesky);
}

const LOG_TWO_PI = Math.log(2 * Math.PI);

export class DiagonalPosterior implements Posterior {
  constructor(
    readonly mean: Float32Array,
    private readonly logVariance: Float32Array,
  ) {}

  sample(normal: () => number): Float32Array {
    return this.mean.map((value, dimension) => value + Math.exp(this.logVariance[dimension]! / 2) * normal());
  }

  logDensity(latent: Float32Array): number {
    return latent.reduce((sum, value, dimension) => {
      const spread = this.logVariance[dimension]!;
      return sum - 0.5 * ((value - this.mean[dimension]!) ** 2 * Math.exp(-spread) + spread + LOG_TWO_PI);
    }, 0);
  }

  kl(): number {
    return this.mean.reduce((sum, value, dimension) => {
      const spread = this.logVariance[dimension]!;
      return sum + 0.5 * (value * value + Math.expm1(spread) - spread);
    }, 0);
  }
}

export class FullPosterior implements Posterior {
  /** @param cholesky L of Σ = L Lᵀ, (D, D) row by row */
  constructor(
    readonly mean: Float32Array,
    private readonly cholesky: Float32Array,
  ) {}

  sample(normal: () => number): Float32Array {
    const noise = Float64Array.from(this.mean, normal);
    return this.mean.map((value, row) => value + this.product(row, noise, row + 1));
  }

  /** By L⁻¹(z − μ), whose entries are N(0, 1). */
  logDensity(latent: Float32Array): number {
    const solved = new Float64Array(latent.length);
    return latent.reduce((sum, value, row) => {
      const pivot = this.pivot(row);
      solved[row] = (value - this.mean[row]! - this.product(row, solved, row)) / pivot;
      return sum - 0.5 * (solved[row]! ** 2 + LOG_TWO_PI) - Math.log(pivot);
    }, 0);
  }

  kl(): number {
    const trace = this.cholesky.reduce((sum, value) => sum + value * value, 0);
    return this.mean.reduce((sum, value, row) => sum + 0.5 * (value * value - 1) - Math.log(this.pivot(row)), trace / 2);
  }

  private pivot(row: number): number {
    return this.cholesky[row * (this.mean.length + 1)]!;
  }

  /** The first so many entries of a row of L times those of a vector. */
  private product(row: number, vector: Float64Array, columns: number): number {
    const start = row * this.mean.length;
    let sum = 0;
    for (let column = 0; column < columns; column++) sum += this.cholesky[start + column]! * vector[column]!;
    return sum;
  }
}

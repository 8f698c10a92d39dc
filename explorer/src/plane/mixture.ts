import type { LatentPrior } from "./prior";

/** A mixture of Gaussians with full covariances over latent space, learned along with the model or fitted to the data. */
export class Mixture implements LatentPrior {
  /** Numbers of a component: its log weight, its mean, and its Cholesky factor's lower triangle row by row. */
  private readonly stride: number;
  /** Of each component: its log weight less the log of its Gaussian's normaliser. */
  private readonly constants: Float64Array;
  private readonly terms: Float64Array;
  private readonly solved: Float64Array;

  /** @param packed the components in turn, see `pack_prior` in vae_core */
  constructor(
    private readonly packed: Float32Array,
    readonly dimensions: number,
  ) {
    this.stride = packedLength(dimensions);
    const components = packed.length / this.stride;
    this.terms = new Float64Array(components);
    this.solved = new Float64Array(dimensions);
    this.constants = Float64Array.from({ length: components }, (_, component) => {
      const start = component * this.stride;
      let constant = packed[start]! - (dimensions / 2) * Math.log(2 * Math.PI);
      for (let row = 0, at = start + 1 + dimensions; row < dimensions; row++, at += row + 1) constant -= Math.log(packed[at]!);
      return constant;
    });
  }

  /** log p(z), in nats. */
  logDensity(latent: ArrayLike<number>): number {
    const { terms } = this;
    let largest = -Infinity;
    for (let component = 0; component < terms.length; component++) {
      const term = this.constants[component]! - this.squaredLength(latent, component) / 2;
      terms[component] = term;
      largest = Math.max(largest, term);
    }
    if (largest === -Infinity) return largest;
    let sum = 0;
    for (const term of terms) sum += Math.exp(term - largest);
    return largest + Math.log(sum);
  }

  /**
   * An independent draw.
   *
   * @param uniform draws from [0, 1)
   * @param normal draws from N(0, 1)
   */
  sample(uniform: () => number, normal: () => number): Float32Array {
    const { packed, dimensions } = this;
    const start = this.component(uniform()) * this.stride;
    const noise = Float64Array.from({ length: dimensions }, normal);
    const latent = packed.slice(start + 1, start + 1 + dimensions);
    let at = start + 1 + dimensions;
    for (let row = 0; row < dimensions; row++) {
      for (let column = 0; column <= row; column++) latent[row]! += packed[at++]! * noise[column]!;
    }
    return latent;
  }

  /** The component that a share of the weight, 0 to 1, falls on. */
  private component(share: number): number {
    const last = this.terms.length - 1;
    let left = share;
    for (let component = 0; component < last; component++) {
      left -= Math.exp(this.packed[component * this.stride]!);
      if (left < 0) return component;
    }
    return last;
  }

  /** |L⁻¹(z − m)|², by forward substitution. */
  private squaredLength(latent: ArrayLike<number>, component: number): number {
    const { packed, dimensions, solved } = this;
    const mean = component * this.stride + 1;
    let at = mean + dimensions;
    let square = 0;
    for (let row = 0; row < dimensions; row++) {
      let value = latent[row]! - packed[mean + row]!;
      for (let column = 0; column < row; column++) value -= packed[at++]! * solved[column]!;
      value /= packed[at++]!;
      solved[row] = value;
      square += value * value;
    }
    return square;
  }
}

/** How many numbers describe a component over so many dimensions. */
export const packedLength = (dimensions: number): number => 1 + dimensions + (dimensions * (dimensions + 1)) / 2;

import type { LatentPrior } from "./prior";

/** A matrix, row by row, and what is added to its product. */
interface Affine {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** One coupling layer: the dimensions it keeps say how the others are scaled and shifted. */
interface Coupling {
  readonly kept: readonly number[];
  readonly moved: readonly number[];
  readonly first: Affine;
  readonly second: Affine;
  readonly last: Affine;
}

/** No layer scales by more than e to the power of this. */
const GREATEST_LOG_SCALE = 2;

/**
 * A prior that is a flow (RealNVP): latents are carried there and back between N(0, I), its own space, and where the
 * data lie. The same as `RealNVP` of `vae_core/model/flow.py`, which says how its numbers are laid out.
 */
export class Flow implements LatentPrior {
  private readonly couplings: readonly Coupling[];
  private readonly hidden: readonly [Float64Array, Float64Array];
  private readonly given: Float64Array;

  /**
   * @param packed the numbers of its layers, one after the other
   * @param units the width of the layers' networks
   */
  constructor(
    packed: Float32Array,
    readonly dimensions: number,
    couplings: number,
    units: number,
  ) {
    this.hidden = [new Float64Array(units), new Float64Array(units)];
    this.given = new Float64Array(dimensions);
    let start = 0;
    const affine = (rows: number, columns: number): Affine => {
      const middle = start + rows * columns;
      const weight = packed.subarray(start, middle);
      start = middle + rows;
      return { weight, bias: packed.subarray(middle, start) };
    };
    const all = Array.from({ length: dimensions }, (_, dimension) => dimension);
    this.couplings = Array.from({ length: couplings }, (_, number) => {
      const kept = all.filter((dimension) => dimension % 2 === number % 2);
      const moved = all.filter((dimension) => dimension % 2 !== number % 2);
      return { kept, moved, first: affine(units, kept.length), second: affine(units, units), last: affine(2 * moved.length, units) };
    });
  }

  /** From the flow's own space to where the data lie. */
  toData(base: ArrayLike<number>): Float32Array {
    const values = Float64Array.from(base);
    for (const coupling of this.couplings) {
      const out = this.asked(coupling, values);
      coupling.moved.forEach((dimension, index) => {
        values[dimension] = values[dimension]! * Math.exp(out.logScale[index]!) + out.shift[index]!;
      });
    }
    return Float32Array.from(values);
  }

  /** Back to the flow's own space. */
  toBase(latent: ArrayLike<number>): Float32Array {
    return Float32Array.from(this.back(latent).values);
  }

  logDensity(latent: ArrayLike<number>): number {
    const { values, logDeterminant } = this.back(latent);
    const square = values.reduce((sum, value) => sum + value * value, 0);
    return logDeterminant - 0.5 * (square + this.dimensions * Math.log(2 * Math.PI));
  }

  sample(_uniform: () => number, noise: () => number): Float32Array {
    return this.toData(Float64Array.from({ length: this.dimensions }, noise));
  }

  private back(latent: ArrayLike<number>): { readonly values: Float64Array; readonly logDeterminant: number } {
    const values = Float64Array.from(latent);
    let logDeterminant = 0;
    for (const coupling of this.couplings.toReversed()) {
      const out = this.asked(coupling, values);
      coupling.moved.forEach((dimension, index) => {
        values[dimension] = (values[dimension]! - out.shift[index]!) * Math.exp(-out.logScale[index]!);
        logDeterminant -= out.logScale[index]!;
      });
    }
    return { values, logDeterminant };
  }

  /** What the kept dimensions ask for. */
  private asked({ kept, moved, first, second, last }: Coupling, values: Float64Array): { readonly logScale: Float64Array; readonly shift: Float64Array } {
    const given = this.given.subarray(0, kept.length);
    kept.forEach((dimension, index) => {
      given[index] = values[dimension]!;
    });
    const [one, two] = this.hidden;
    applied(first, given, one);
    applied(second, bent(one), two);
    const out = applied(last, bent(two), new Float64Array(2 * moved.length));
    const logScale = out.subarray(0, moved.length).map((raw) => GREATEST_LOG_SCALE * Math.tanh(raw / GREATEST_LOG_SCALE));
    return { logScale, shift: out.subarray(moved.length) };
  }
}

function applied({ weight, bias }: Affine, given: Float64Array, out: Float64Array): Float64Array {
  let at = 0;
  for (let row = 0; row < out.length; row++) {
    let sum = bias[row]!;
    for (let column = 0; column < given.length; column++) sum += weight[at++]! * given[column]!;
    out[row] = sum;
  }
  return out;
}

function bent(values: Float64Array): Float64Array {
  for (let index = 0; index < values.length; index++) values[index] = Math.tanh(values[index]!);
  return values;
}

/** How many numbers describe a flow over so many dimensions. */
export function flowLength(dimensions: number, couplings: number, units: number): number {
  const kept = Array.from({ length: couplings }, (_, number) => Math.floor((dimensions + 1 - (number % 2)) / 2));
  return kept.reduce((sum, count) => sum + units * (count + 1) + units * (units + 1) + 2 * (dimensions - count) * (units + 1), 0);
}

import type { Activation, Linear } from "./record";

const ACTIVATIONS: Readonly<Record<Activation, (value: number) => number>> = {
  relu: (value) => Math.max(0, value),
  tanh: Math.tanh,
  silu: (value) => value / (1 + Math.exp(-value)),
};

/** A small network from one number to two, its weights laid out row by row. */
export class Network {
  private readonly weights: readonly Float64Array[];
  private readonly biases: readonly Float64Array[];
  /** What each linear layer makes, kept between calls. */
  private readonly made: readonly Float64Array[];
  private readonly input = new Float64Array(1);

  constructor(
    linears: readonly Linear[],
    private readonly activation: Activation,
  ) {
    this.weights = linears.map(({ weight }) => Float64Array.from(weight.flat()));
    this.biases = linears.map(({ bias }) => Float64Array.from(bias));
    this.made = linears.map(({ bias }) => new Float64Array(bias.length));
  }

  /** The two outputs, in an array that the next call overwrites. */
  outputs(value: number): Float64Array {
    const activate = ACTIVATIONS[this.activation];
    this.input[0] = value;
    let given: Float64Array = this.input;
    this.made.forEach((made, depth) => {
      const [weights, biases] = [this.weights[depth]!, this.biases[depth]!];
      const last = depth === this.made.length - 1;
      for (let row = 0; row < made.length; row++) {
        let sum = biases[row]!;
        for (let column = 0; column < given.length; column++) sum += weights[row * given.length + column]! * given[column]!;
        made[row] = last ? sum : activate(sum);
      }
      given = made;
    });
    return given;
  }
}

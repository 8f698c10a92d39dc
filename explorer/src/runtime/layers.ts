import { type Constant, elements, Lacking } from "./onnx";
import type { Computation } from "./operators";
import { convolutionOf, type Convolution, type Trace, type Traced } from "./trace";

/** What follows a product, by the number that the kernels know it by. */
export const ACTIVATIONS = { none: 0, relu: 1, silu: 2, sigmoid: 3 } as const;
export type Activation = keyof typeof ACTIVATIONS;

/** A convolution or a linear layer with all that follows it: scale·(weights·x + bias) + residual, then the activation. */
export interface Product {
  readonly kind: "product";
  readonly input: string;
  readonly weights: Constant;
  readonly bias: Constant | null;
  /** Of a linear layer there is none. */
  readonly convolution: Convolution | null;
  /** Of a linear layer: whether its weights lie output by output, as a convolution's do. */
  readonly byOutput: boolean;
  readonly scale: number;
  /** Of the bias alone, beside the scale. */
  readonly biasScale: number;
  readonly residual: string | null;
  /** The sum before the activation, where something else needs it. */
  readonly raw: string | null;
  readonly activation: Activation;
  readonly output: string;
  readonly shape: readonly number[];
}

/** Every number on its own, where it did not fit into the product that makes it. */
export interface Activating {
  readonly kind: "activating";
  readonly activation: Activation;
  readonly input: string;
  readonly output: string;
  readonly shape: readonly number[];
}

export interface Resizing {
  readonly kind: "resizing";
  readonly input: string;
  readonly output: string;
  readonly shape: readonly number[];
}

/** The same numbers by another name, in another shape. */
export interface Renaming {
  readonly kind: "renaming";
  readonly input: string;
  readonly output: string;
  readonly shape: readonly number[];
}

export interface Computing {
  readonly kind: "computing";
  readonly operator: string;
  readonly computation: Computation;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly shape: readonly number[];
}

export type Layer = Product | Activating | Resizing | Renaming | Computing;

const ALIKE: ReadonlySet<string> = new Set(["Identity", "Reshape", "Squeeze", "Unsqueeze"]);
const SINGLE: Readonly<Record<string, Activation>> = { Relu: "relu", Sigmoid: "sigmoid" };

/** Adds to the list that stands under a key. */
export function listUnder<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Gathers a graph's operators into layers, each of which one kernel runs. */
export class Gathering {
  private readonly users = new Map<string, Traced[]>();
  private readonly gone = new Set<Traced>();
  private readonly outputs: ReadonlySet<string>;

  constructor(private readonly trace: Trace) {
    this.outputs = new Set(trace.outputs);
    for (const entry of trace.traced) {
      for (const name of new Set(entry.node.inputs)) listUnder(this.users, name, entry);
    }
  }

  layers(): Layer[] {
    const { traced } = this.trace;
    // What a product takes in is complete where the last operator stood that it has swallowed.
    const at = new Map<Traced, Layer[]>();
    for (const entry of traced) {
      if (this.gone.has(entry)) continue;
      const { layer, last } = this.layerOf(entry);
      listUnder(at, last, layer);
    }
    return traced.flatMap((entry) => at.get(entry) ?? []);
  }

  private layerOf(entry: Traced): { layer: Layer; last: Traced } {
    const { node, output, shape, computation } = entry;
    const input = node.inputs[0]!;
    if (node.operator === "Conv" || node.operator === "Gemm") return this.product(entry);
    if (node.operator === "Resize") return { layer: { kind: "resizing", input, output, shape }, last: entry };
    if (ALIKE.has(node.operator)) return { layer: { kind: "renaming", input, output, shape }, last: entry };
    const activation = this.activationFrom(entry);
    if (activation) return { layer: { kind: "activating", activation, input, output: this.swallowed(entry), shape }, last: entry };
    return { layer: { kind: "computing", operator: node.operator, computation: computation!, inputs: node.inputs, output, shape }, last: entry };
  }

  private product(entry: Traced): { layer: Product; last: Traced } {
    const { node } = entry;
    const { weights, bias, ...form } = this.weightsOf(entry);
    let { output: value, shape } = entry;
    let { scale, biasScale } = form;
    let residual: string | null = null;
    let last = entry;
    for (let next = this.onlyUser(value); next && residual === null; next = this.onlyUser(value)) {
      const other = next.node.inputs.find((name) => name !== value) ?? "";
      const factor = next.node.operator === "Mul" ? this.scalar(other) : null;
      if (factor !== null && elements(next.shape) === elements(shape)) {
        scale *= factor;
        biasScale *= factor;
      } else if (next.node.operator === "Add" && this.addable(other, next.shape, shape)) residual = other;
      else if (node.operator !== "Gemm" || next.node.operator !== "Reshape") break;
      this.gone.add(next);
      last = next;
      value = next.output;
      shape = next.shape;
    }
    const activating = (this.users.get(value) ?? []).find((user) => this.activationFrom(user));
    const activation = activating ? this.activationFrom(activating)! : "none";
    const output = activating ? this.swallowed(activating) : value;
    if (activating) this.gone.add(activating);
    const stillNeeded = this.outputs.has(value) || (this.users.get(value) ?? []).some((user) => !this.gone.has(user));
    const raw = activating && stillNeeded ? value : null;
    const layer: Product = { kind: "product", input: node.inputs[0]!, weights, bias, ...form, scale, biasScale, residual, raw, activation, output, shape };
    return { layer, last };
  }

  private weightsOf({ node }: Traced): Pick<Product, "weights" | "bias" | "convolution" | "byOutput" | "scale" | "biasScale"> {
    const { constants } = this.trace;
    const { attributes, inputs, operator } = node;
    const weights = constants.get(inputs[1]!);
    const bias = inputs[2] ? constants.get(inputs[2]) : null;
    if (!weights || bias === undefined) throw new Lacking(`${operator} with weights that it computes`);
    const outputs = operator === "Conv" || attributes.get("transB") === 1 ? weights.shape[0]! : weights.shape[1]!;
    if (bias && elements(bias.shape) !== 1 && elements(bias.shape) !== outputs) throw new Lacking(`${operator} with a bias of another size`);
    const number = (name: string): number => (typeof attributes.get(name) === "number" ? (attributes.get(name) as number) : 1);
    if (operator === "Conv") {
      const convolution = convolutionOf(node, weights.shape);
      return { weights, bias, convolution, byOutput: true, scale: 1, biasScale: 1 };
    }
    return { weights, bias, convolution: null, byOutput: attributes.get("transB") === 1, scale: number("alpha"), biasScale: number("beta") };
  }

  /** x·σ(x), σ(x) alone, or max(x, 0), as it begins at an operator. */
  private activationFrom(entry: Traced): Activation | null {
    const activation = SINGLE[entry.node.operator] ?? null;
    return activation === "sigmoid" && this.gate(entry) ? "silu" : activation;
  }

  /** What multiplies x with the σ(x) that an operator makes, where that is all that becomes of σ(x). */
  private gate({ node, output }: Traced): Traced | null {
    const next = this.onlyUser(output);
    const x = node.inputs[0]!;
    return next?.node.operator === "Mul" && next.node.inputs.includes(x) && next.node.inputs.length === 2 && x !== output ? next : null;
  }

  /** The name of what an activation makes; an operator that belongs to it is gone with it. */
  private swallowed(activating: Traced): string {
    const gate = activating.node.operator === "Sigmoid" ? this.gate(activating) : null;
    if (gate) this.gone.add(gate);
    return (gate ?? activating).output;
  }

  private onlyUser(name: string): Traced | null {
    const users = this.users.get(name) ?? [];
    return users.length === 1 && !this.outputs.has(name) ? users[0]! : null;
  }

  private scalar(name: string): number | null {
    const values = this.trace.constants.get(name)?.values;
    return values?.length === 1 ? values[0]! : null;
  }

  /** Whether a computed value has the shape of a sum that it is added to. */
  private addable(name: string, ...shapes: (readonly number[])[]): boolean {
    const own = this.trace.shapes.get(name);
    return own !== undefined && !this.trace.constants.has(name) && shapes.every((shape) => shape.join() === own.join());
  }
}

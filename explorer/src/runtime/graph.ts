import { Failure } from "../base/failure";
import { type Machine, startKernels } from "./kernels";
import { Gathering } from "./layers";
import { Lacking, type OnnxGraph, readModel } from "./onnx";
import { type Piece, type Plan, Planner, type Step } from "./plan";
import { trace } from "./trace";

export type Outputs = Readonly<Record<string, Float32Array>>;

/** A graph of float32 tensors with one input, whose first axis counts items. */
export interface Graph {
  /** @param values of one item or of several, one after the other */
  run(values: Float32Array): Promise<Outputs>;
  release(): Promise<void>;
}

/** How a graph would be run here, or the operator for which there is no kernel. */
export type Planned = { readonly plan: Plan } | { readonly lacks: string };

const REMEDY = "Export the model's explorer files again.";

/** @param shape of one item of the input */
export function planGraph(bytes: ArrayBuffer, input: string, shape: readonly number[]): Planned {
  try {
    const graph = readModel(new Uint8Array(bytes));
    checkInput(graph, input, shape);
    const traced = trace(graph, input, shape);
    return { plan: new Planner(traced, new Gathering(traced).layers()).plan(input) };
  } catch (error) {
    if (error instanceof Lacking) return { lacks: error.what };
    if (error instanceof Failure) throw error;
    throw new Failure("A graph of this model is damaged.", `It cannot be read: ${error instanceof Error ? error.message : error}.`, REMEDY);
  }
}

function checkInput({ inputs }: OnnxGraph, input: string, shape: readonly number[]): void {
  const names = inputs.map(({ name }) => name);
  const found = inputs.find(({ name }) => name === input);
  if (!found || inputs.length > 1) {
    throw new Failure("A graph of this model is not one of ours.", `It has the inputs ${names.join(", ") || "of none"}, and not “${input}” alone.`, REMEDY);
  }
  const [, ...sides] = found.shape;
  if (sides.length !== shape.length || sides.some((side, axis) => side !== null && side !== shape[axis])) {
    throw new Failure("A graph of this model is not one of ours.", `It takes ${sides.join("×")} numbers an item, and not ${shape.join("×")}.`, REMEDY);
  }
}

/** A step with all that it needs at hand. */
function bound(step: Step, { kernels, floats }: Machine): () => void {
  if ("kernel" in step) {
    const kernel = kernels[step.kernel] as (...numbers: number[]) => void;
    return () => kernel(...step.numbers);
  }
  const view = ({ start, length }: Piece): Float32Array => floats.subarray(start, start + length);
  const values = step.from.map((input) => ("start" in input ? view(input) : input));
  const to = view(step.to);
  return () => step.computation.compute(values, to);
}

/** A planned graph with a memory of its own, which goes with it. */
export class KernelGraph implements Graph {
  private constructor(
    private floats: Float32Array | null,
    private steps: readonly (() => void)[],
    private readonly input: Piece,
    private readonly outputs: ReadonlyMap<string, Piece>,
  ) {}

  static async open({ bytes, fills, steps, input, outputs }: Plan): Promise<KernelGraph> {
    const machine = await startKernels(bytes);
    for (const fill of fills) fill(machine.floats);
    return new KernelGraph(machine.floats, steps.map((step) => bound(step, machine)), input, outputs);
  }

  async run(values: Float32Array): Promise<Outputs> {
    const { floats, input } = this;
    if (!floats) throw new Error("The graph has been released.");
    const items = values.length / input.length;
    const pieces = [...this.outputs].map(([name, piece]) => ({ name, piece, made: new Float32Array(items * piece.length) }));
    for (let item = 0; item < items; item++) {
      floats.set(values.subarray(item * input.length, (item + 1) * input.length), input.start);
      for (const step of this.steps) step();
      for (const { piece, made } of pieces) made.set(floats.subarray(piece.start, piece.start + piece.length), item * piece.length);
    }
    return Object.fromEntries(pieces.map(({ name, made }) => [name, made]));
  }

  async release(): Promise<void> {
    this.floats = null;
    this.steps = [];
  }
}

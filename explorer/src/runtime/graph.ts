import { Failure } from "../base/failure";
import { type Machine, startKernels } from "./kernels";
import { Gathering } from "./layers";
import { Lacking, type OnnxGraph, readModel } from "./onnx";
import { Planner } from "./plan";
import { ALONG, type ComputationStep, type KernelStep, type Piece, type Plan } from "./steps";
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

/** Does a step for the first so many items. */
type Bound = (items: number) => void;

function bound(step: KernelStep | ComputationStep, machine: Machine, { items, stride }: Plan): Bound {
  const every = Array.from({ length: items }, (_, item) => item);
  if ("computation" in step) {
    const view = ({ start, length, step: apart }: Piece, item: number): Float32Array =>
      machine.floats.subarray(start + item * apart, start + item * apart + length);
    const runs = every.map((item) => {
      const from = step.from.map((input) => ("start" in input ? view(input, item) : input));
      const to = view(step.to, item);
      return () => step.computation.compute(from, to);
    });
    return (count) => runs.forEach((run, item) => item < count && run());
  }
  const kernel = machine.kernels[step.kernel] as (...numbers: number[]) => void;
  if (step.together) {
    const { inPixel, outPixel, columns } = ALONG;
    const calls = every.map((last) =>
      step.numbers
        .with(inPixel, stride)
        .with(outPixel, stride)
        .with(columns, last + 1),
    );
    return (count) => kernel(...calls[count - 1]!);
  }
  const calls = every.map((item) => step.numbers.map((number, at) => (step.own.includes(at) ? number + item * stride : number)));
  return (count) => {
    for (let item = 0; item < count; item++) kernel(...calls[item]!);
  };
}

/** A planned graph with a memory of its own, which goes with it. */
export class KernelGraph implements Graph {
  private constructor(
    private floats: Float32Array | null,
    private steps: readonly Bound[],
    private readonly together: number,
    private readonly input: Piece,
    private readonly outputs: ReadonlyMap<string, Piece>,
  ) {}

  static async open(plan: Plan): Promise<KernelGraph> {
    const machine = await startKernels(plan.bytes);
    for (const fill of plan.fills) fill(machine.floats);
    const steps = plan.steps.map((step) => bound(step, machine, plan));
    return new KernelGraph(machine.floats, steps, plan.items, plan.input, plan.outputs);
  }

  async run(values: Float32Array): Promise<Outputs> {
    const { floats, input, together } = this;
    if (!floats) throw new Error("The graph has been released.");
    const items = values.length / input.length;
    const pieces = [...this.outputs].map(([name, piece]) => ({ name, ...piece, made: new Float32Array(items * piece.length) }));
    for (let first = 0; first < items; first += together) {
      const count = Math.min(together, items - first);
      for (let item = 0; item < count; item++) {
        const from = (first + item) * input.length;
        floats.set(values.subarray(from, from + input.length), input.start + item * input.step);
      }
      for (const step of this.steps) step(count);
      for (const { start, length, step, made } of pieces) {
        for (let item = 0; item < count; item++) {
          const from = start + item * step;
          made.set(floats.subarray(from, from + length), (first + item) * length);
        }
      }
    }
    return Object.fromEntries(pieces.map(({ name, made }) => [name, made]));
  }

  async release(): Promise<void> {
    this.floats = null;
    this.steps = [];
  }
}

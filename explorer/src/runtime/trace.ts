import { bounded, type Computation, known, OPERATORS, shapeOf, whole } from "./operators";
import { type Constant, elements, Lacking, type Node, type OnnxGraph } from "./onnx";
import { Damaged } from "./wire";

/** An operator that has to run, its inputs' shapes and its own known. */
export interface Traced {
  readonly node: Node;
  readonly output: string;
  readonly shape: readonly number[];
  /** None for those that have kernels of their own. */
  readonly computation: Computation | null;
}

/** A graph on one item: what of it depends on that item, in an order in which it can run. */
export interface Trace {
  readonly traced: readonly Traced[];
  readonly constants: ReadonlyMap<string, Constant>;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly outputs: readonly string[];
}

export interface Convolution {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** Above, on the left, below, on the right. */
  readonly pads: readonly [number, number, number, number];
}

/** What may be kept for a graph beside its own numbers: places listed, and constants computed. */
const MOST_KEPT = 2 ** 25;

const numbers = (node: Node, name: string, otherwise: readonly number[]): readonly number[] => {
  const value = node.attributes.get(name);
  return Array.isArray(value) ? (value as number[]) : otherwise;
};

/** The form of a convolution; throws where there is no kernel for it. */
export function convolutionOf(node: Node, weights: readonly number[]): Convolution {
  const [, , height, width] = weights as [number, number, number, number];
  const pads = numbers(node, "pads", [0, 0, 0, 0]);
  const stride = numbers(node, "strides", [1, 1]);
  const plain = (node.attributes.get("auto_pad") ?? "NOTSET") === "NOTSET" && numbers(node, "dilations", [1, 1]).every((step) => step === 1);
  if (whole(node.attributes, "group", 1) !== 1) throw new Lacking("Conv in groups");
  if (weights.length !== 4 || pads.length !== 4 || stride.length !== 2 || !plain) throw new Lacking("Conv of an unusual form");
  if (pads.some((pad) => pad < 0 || pad > 1)) throw new Lacking("Conv with wide margins");
  if (stride.some((step) => !(step >= 1))) throw new Damaged("Conv has a stride below one");
  return { kernel: [height, width], stride: stride as [number, number], pads: pads as unknown as Convolution["pads"] };
}

/** What a graph computes of one item: all that is known beforehand is computed here, and what nobody needs is left out. */
export function trace(graph: OnnxGraph, input: string, inputShape: readonly number[]): Trace {
  const constants = new Map(graph.constants);
  const shapes = new Map<string, readonly number[]>([...constants].map(([name, { shape }]) => [name, shape]));
  shapes.set(input, [1, ...inputShape]);
  const traced: Traced[] = [];
  let kept = 0;
  for (const node of graph.nodes) {
    const [output] = node.outputs;
    if (output === undefined || node.outputs.length > 1) throw new Lacking(node.operator);
    const absent = node.inputs.find((name) => name !== "" && !shapes.has(name));
    if (absent !== undefined) throw new Damaged(`${node.operator} takes “${absent}”, which nothing has made`);
    if (shapes.has(output)) throw new Damaged(`“${output}” is made twice`);
    const found = meet(node, constants, shapes);
    if ("values" in found) constants.set(output, found);
    else traced.push({ node, output, ...found });
    kept += "values" in found ? found.values.length : (found.computation?.listed ?? 0);
    if (kept > MOST_KEPT) throw new Damaged("it asks for more numbers beside its own than any decoder needs");
    shapes.set(output, found.shape);
  }
  const absent = graph.outputs.find((name) => !shapes.has(name));
  if (absent !== undefined) throw new Damaged(`nothing makes its output “${absent}”`);
  return { traced: needed(traced, graph.outputs), constants, shapes, outputs: graph.outputs };
}

type Met = Constant | Pick<Traced, "shape" | "computation">;

/** An operator in the graph's order: its numbers where all that it takes is known, else its shape. */
function meet(node: Node, constants: ReadonlyMap<string, Constant>, shapes: ReadonlyMap<string, readonly number[]>): Met {
  const { operator, attributes } = node;
  const inputs = node.inputs.map((name) => {
    const shape = shapes.get(name);
    return shape && { shape, values: constants.get(name)?.values ?? null };
  });
  if (operator === "Constant") return constantOf(node);
  if (operator === "Shape") return shapeAsNumbers(node, shapeOf(inputs[0]));
  if (operator === "Gemm") return { shape: gemmShape(node, shapes), computation: null };
  if (operator === "Conv") return { shape: convShape(node, shapes), computation: null };
  if (operator === "Resize") return { shape: resizeShape(node, shapeOf(inputs[0]), constants), computation: null };
  if (operator === "Cast") return cast(node, constants);
  const computation = OPERATORS.get(operator)?.(inputs, attributes);
  if (!computation) throw new Lacking(operator);
  bounded(computation.shape);
  const all = inputs.flatMap((input) => (input ? [input.values] : []));
  if (!all.every((values) => values !== null)) return { shape: computation.shape, computation };
  const isWhole = all.every((values) => values instanceof Float64Array);
  const values = new (isWhole ? Float64Array : Float32Array)(elements(computation.shape));
  computation.compute(all, values);
  return { shape: computation.shape, values: isWhole ? values.map(Math.trunc) : values };
}

function constantOf({ attributes }: Node): Constant {
  const value = attributes.get("value");
  if (typeof value !== "object" || !("shape" in value)) throw new Lacking("a Constant that is no tensor");
  return value;
}

function shapeAsNumbers({ attributes }: Node, shape: readonly number[]): Constant {
  const within = (place: number): number => Math.min(Math.max(place < 0 ? place + shape.length : place, 0), shape.length);
  const values = Float64Array.from(shape.slice(within(whole(attributes, "start", 0)), within(whole(attributes, "end", shape.length))));
  return { shape: [values.length], values };
}

/** Half precision is widened when it is read. */
function cast({ inputs, attributes }: Node, constants: ReadonlyMap<string, Constant>): Constant {
  const constant = constants.get(inputs[0]!);
  const to = whole(attributes, "to", 0);
  if (!constant || (to !== 1 && to !== 7)) throw new Lacking("Cast");
  const { shape, values } = constant;
  return { shape, values: to === 1 ? Float32Array.from(values) : Float64Array.from(values, Math.trunc) };
}

function gemmShape(node: Node, shapes: ReadonlyMap<string, readonly number[]>): readonly number[] {
  const [a, b] = node.inputs.map((name) => shapes.get(name)!);
  if (a?.length !== 2 || b?.length !== 2) throw new Damaged("Gemm takes something else than matrices");
  if (a[0] !== 1 || whole(node.attributes, "transA", 0)) throw new Lacking("Gemm over several rows");
  const [rows, columns] = whole(node.attributes, "transB", 0) ? [b[1]!, b[0]!] : [b[0]!, b[1]!];
  if (rows !== a[1]) throw new Damaged(`Gemm takes ${a[1]} numbers times ${rows}`);
  return bounded([1, columns]);
}

function convShape(node: Node, shapes: ReadonlyMap<string, readonly number[]>): readonly number[] {
  const [x, w] = node.inputs.map((name) => shapes.get(name)!);
  const { kernel, stride, pads } = convolutionOf(node, w ?? []);
  if (x?.length !== 4 || x[0] !== 1) throw new Lacking("Conv over something else than an image");
  if (w![1] !== x[1]) throw new Damaged(`Conv takes ${x[1]} channels where its weights are for ${w![1]}`);
  const side = (axis: 0 | 1): number => Math.floor((x[2 + axis]! + pads[axis]! + pads[2 + axis]! - kernel[axis]) / stride[axis]) + 1;
  return bounded([1, w![0]!, side(0), side(1)]);
}

function resizeShape(node: Node, x: readonly number[], constants: ReadonlyMap<string, Constant>): readonly number[] {
  const { attributes } = node;
  const nearest = attributes.get("mode") === "nearest" && attributes.get("nearest_mode") === "floor";
  if (!nearest || attributes.get("coordinate_transformation_mode") !== "asymmetric") throw new Lacking("Resize that is not to the nearest");
  const sizes = constants.get(node.inputs[3] ?? "");
  if (x.length !== 4 || attributes.has("axes") || !sizes) throw new Lacking("Resize of an unusual form");
  const shape = known(sizes, "the size of Resize");
  if (shape.length !== 4 || shape[0] !== x[0] || shape[1] !== x[1]) throw new Lacking("Resize over channels");
  if (x.some((side) => side === 0)) throw new Damaged("Resize has nothing to take");
  return bounded(shape);
}

/** Those of which an output depends. */
function needed(traced: readonly Traced[], outputs: readonly string[]): Traced[] {
  const wanted = new Set(outputs);
  const kept: Traced[] = [];
  for (const entry of traced.toReversed()) {
    if (!wanted.has(entry.output)) continue;
    kept.push(entry);
    for (const name of entry.node.inputs) wanted.add(name);
  }
  return kept.reverse();
}

import { halvesToNumbers } from "../model/halfFloat";
import { asBytes, asFloats, asNumber, asNumbers, asText, Damaged, fields, type Value } from "./wire";

/** A tensor whose numbers are known; whole numbers and truths are kept in double precision. */
export interface Constant {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}

export type Attribute = number | string | readonly number[] | Constant;

/** An operator at work in a graph; an input that is left out has no name. */
export interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export interface GraphInput {
  readonly name: string;
  /** A side that is not fixed is null. */
  readonly shape: readonly (number | null)[];
}

export interface OnnxGraph {
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Constant>;
  /** Without those that are constants. */
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly string[];
}

/** A graph may be of a kind that is not read here; `what` names it. */
export class Lacking extends Error {
  constructor(readonly what: string) {
    super(what);
  }
}

/** The numbers of a tensor as they lie in its bytes, by the type's number in ONNX. */
const STORED: Readonly<Record<number, { readonly bytes: number; readonly read: (buffer: ArrayBuffer) => Constant["values"] }>> = {
  1: { bytes: 4, read: (buffer) => new Float32Array(buffer) },
  6: { bytes: 4, read: (buffer) => Float64Array.from(new Int32Array(buffer)) },
  7: { bytes: 8, read: (buffer) => Float64Array.from(new BigInt64Array(buffer), Number) },
  9: { bytes: 1, read: (buffer) => Float64Array.from(new Uint8Array(buffer)) },
  10: { bytes: 2, read: (buffer) => halvesToNumbers(new Uint16Array(buffer)) },
};
const FLOAT = 1;
const HALF = 10;

export const elements = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

/** Reads a model; throws `Damaged` or `Lacking`. */
export function readModel(bytes: Uint8Array): OnnxGraph {
  let graph: Uint8Array | null = null;
  for (const [field, value] of fields(bytes)) {
    if (field === 7) graph = asBytes(value);
    if (field === 25) throw new Lacking("functions of its own");
  }
  if (!graph) throw new Damaged("there is no graph in it");
  return readGraph(graph);
}

function readGraph(bytes: Uint8Array): OnnxGraph {
  const nodes: Node[] = [];
  const constants = new Map<string, Constant>();
  const inputs: GraphInput[] = [];
  const outputs: string[] = [];
  for (const [field, value] of fields(bytes)) {
    if (field === 1) nodes.push(readNode(asBytes(value)));
    else if (field === 5) {
      const { name, tensor } = readTensor(asBytes(value));
      constants.set(name, tensor);
    } else if (field === 11) inputs.push(readInput(asBytes(value)));
    else if (field === 12) outputs.push(readInput(asBytes(value)).name);
    else if (field === 15) throw new Lacking("sparse weights");
  }
  return { nodes, constants, inputs: inputs.filter(({ name }) => !constants.has(name)), outputs };
}

function readNode(bytes: Uint8Array): Node {
  let operator = "";
  let domain = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  for (const [field, value] of fields(bytes)) {
    if (field === 1) inputs.push(asText(value));
    else if (field === 2) outputs.push(asText(value));
    else if (field === 4) operator = asText(value);
    else if (field === 5) {
      const [name, attribute] = readAttribute(asBytes(value));
      if (attribute !== null) attributes.set(name, attribute);
    } else if (field === 7) domain = asText(value);
  }
  const ours = domain === "" || domain === "ai.onnx";
  return { operator: ours ? operator : `${domain}.${operator}`, inputs, outputs, attributes };
}

/** An attribute of a kind that none of our operators has, such as a graph, is null. */
function readAttribute(bytes: Uint8Array): [string, Attribute | null] {
  let name = "";
  let attribute: Attribute | null = null;
  const floats: number[] = [];
  const integers: number[] = [];
  let kind = 0;
  for (const [field, value] of fields(bytes)) {
    if (field === 1) name = asText(value);
    else if (field === 2) attribute = asFloats(value)[0] ?? 0;
    else if (field === 3) attribute = asNumber(value);
    else if (field === 4) attribute = asText(value);
    else if (field === 5) attribute = readTensor(asBytes(value)).tensor;
    else if (field === 7) append(floats, asFloats(value));
    else if (field === 8) append(integers, asNumbers(value));
    else if (field === 20) kind = asNumber(value);
  }
  if (kind === 6) attribute = floats;
  if (kind === 7) attribute = integers;
  return [name, attribute];
}

function readTensor(bytes: Uint8Array): { name: string; tensor: Constant } {
  const shape: number[] = [];
  let name = "";
  let type = 0;
  let raw: Uint8Array | null = null;
  const listed: number[] = [];
  const floats: number[] = [];
  for (const [field, value] of fields(bytes)) {
    if (field === 1) append(shape, asNumbers(value));
    else if (field === 2) type = asNumber(value);
    else if (field === 4) append(floats, asFloats(value));
    else if (field === 5 || field === 7) append(listed, asNumbers(value));
    else if (field === 8) name = asText(value);
    else if (field === 9) raw = asBytes(value);
    else if (field === 14 && asNumber(value) === 1) throw new Damaged(`the numbers of ${name} are in another file`);
  }
  const stored = STORED[type];
  if (!stored) throw new Lacking(`numbers of type ${type}`);
  if (shape.some((side) => !(side >= 0))) throw new Damaged(`${name} has a negative side`);
  const values = raw ? stored.read(whole(raw, stored.bytes, name)) : fromLists(type, listed, floats);
  if (values.length !== elements(shape)) {
    throw new Damaged(`${name} has ${values.length} numbers where its shape asks for ${elements(shape)}`);
  }
  return { name, tensor: { shape, values } };
}

/** A list may be longer than what a call can be given as arguments. */
function append(list: number[], more: Iterable<number>): void {
  for (const number of more) list.push(number);
}

/** A copy of its own, since numbers must begin where their size allows. */
function whole(raw: Uint8Array, size: number, name: string): ArrayBuffer {
  if (raw.length % size) throw new Damaged(`a number of ${name} is cut off`);
  return raw.slice().buffer;
}

function fromLists(type: number, listed: readonly number[], floats: readonly number[]): Constant["values"] {
  if (type === FLOAT) return Float32Array.from(floats);
  return type === HALF ? halvesToNumbers(Uint16Array.from(listed)) : Float64Array.from(listed);
}

function readInput(bytes: Uint8Array): GraphInput {
  let name = "";
  let shape: (number | null)[] = [];
  for (const [field, value] of fields(bytes)) {
    if (field === 1) name = asText(value);
    else if (field === 2) shape = readShape(asBytes(value));
  }
  return { name, shape };
}

/** TypeProto → its tensor's TensorShapeProto → the sides, of which those with a name are not fixed. */
function readShape(type: Uint8Array): (number | null)[] {
  const tensor = only(type, 1);
  const sides = tensor && only(tensor, 2);
  if (!sides) return [];
  const shape: (number | null)[] = [];
  for (const [field, value] of fields(sides)) {
    if (field !== 1) continue;
    let side: number | null = null;
    for (const [part, length] of fields(asBytes(value))) if (part === 1) side = asNumber(length);
    shape.push(side);
  }
  return shape;
}

function only(message: Uint8Array, wanted: number): Uint8Array | null {
  let found: Value | null = null;
  for (const [field, value] of fields(message)) if (field === wanted) found = value;
  return found === null ? null : asBytes(found);
}

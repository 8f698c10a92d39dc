import type { Attribute, Constant } from "../src/runtime/onnx";

/** What a graph is made of, before it is bytes. */
export interface Sketch {
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly outputs: readonly string[];
  readonly constants?: Readonly<Record<string, Constant>>;
  readonly nodes: readonly SketchedNode[];
}

export interface SketchedNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
}

export const floats = (shape: readonly number[], values: Iterable<number>): Constant => ({ shape, values: Float32Array.from(values) });
export const integers = (...values: number[]): Constant => ({ shape: [values.length], values: Float64Array.from(values) });

export const node = (operator: string, inputs: readonly string[], output: string, attributes: SketchedNode["attributes"] = {}): SketchedNode => ({
  operator,
  inputs,
  output,
  attributes,
});

export function varint(value: number): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
}

export const number = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];
export const bytes = (field: number, value: readonly number[]): number[] => [...varint(field * 8 + 2), ...varint(value.length), ...value];
export const text = (field: number, value: string): number[] => bytes(field, [...new TextEncoder().encode(value)]);
export const float = (field: number, value: number): number[] => [...varint(field * 8 + 5), ...raw(Float32Array.of(value))];

const raw = (values: ArrayBufferView): number[] => [...new Uint8Array(values.buffer, values.byteOffset, values.byteLength)];

export function tensor(name: string, { shape, values }: Constant): number[] {
  const isFloat = values instanceof Float32Array;
  const stored = isFloat ? values : BigInt64Array.from(values, BigInt);
  return [...shape.flatMap((side) => number(1, side)), ...number(2, isFloat ? 1 : 7), ...text(8, name), ...bytes(9, raw(stored))];
}

function attribute(name: string, value: Attribute): number[] {
  if (typeof value === "string") return [...text(1, name), ...text(4, value), ...number(20, 3)];
  if (typeof value === "number") {
    const isWhole = Number.isInteger(value);
    return [...text(1, name), ...(isWhole ? number(3, value) : float(2, value)), ...number(20, isWhole ? 2 : 1)];
  }
  if ("shape" in value) return [...text(1, name), ...bytes(5, tensor("", value)), ...number(20, 4)];
  return [...text(1, name), ...value.flatMap((one) => number(8, one)), ...number(20, 7)];
}

function nodeBytes({ operator, inputs, output, attributes = {}, domain }: SketchedNode): number[] {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...text(2, output),
    ...text(4, operator),
    ...Object.entries(attributes).flatMap(([name, value]) => bytes(5, attribute(name, value))),
    ...(domain ? text(7, domain) : []),
  ];
}

function valueInfo(name: string, shape: readonly (number | string)[]): number[] {
  const sides = shape.flatMap((side) => bytes(1, typeof side === "number" ? number(1, side) : text(2, side)));
  return [...text(1, name), ...bytes(2, bytes(1, [...number(1, 1), ...bytes(2, sides)]))];
}

/** A graph as an exporter would write it. */
export function graphBytes({ inputs, outputs, constants = {}, nodes }: Sketch): ArrayBuffer {
  const graph = [
    ...nodes.flatMap((one) => bytes(1, nodeBytes(one))),
    ...Object.entries(constants).flatMap(([name, constant]) => bytes(5, tensor(name, constant))),
    ...Object.entries(inputs).flatMap(([name, shape]) => bytes(11, valueInfo(name, shape))),
    ...outputs.flatMap((name) => bytes(12, valueInfo(name, ["batch"]))),
  ];
  return modelBytes(graph);
}

export function modelBytes(graph: readonly number[]): ArrayBuffer {
  return Uint8Array.from([...number(1, 8), ...bytes(7, graph), ...bytes(8, number(2, 18))]).buffer;
}

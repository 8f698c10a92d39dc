import { type Activating, ACTIVATIONS, type Computing, type Layer, listUnder, type Product, type Resizing } from "./layers";
import { elements } from "./onnx";
import { biasOf, convolutionWeights, foldedWeights, linearWeights, packBlocks, type Packed, packedLength, packRows } from "./packing";
import { FLOAT, type MapForm, mapForm, Places, upTo, VECTOR } from "./places";
import { type Placed, type Plan, Steps } from "./steps";
import type { Trace } from "./trace";
import { Values } from "./values";

/** An image has so few colours that each is a plane of its own at once. */
const PLANES = 4;
/** What the kernels combine number by number, in their order. */
const COMBINING = ["Add", "Sub", "Mul", "Div", "Less", "Where", "Clip", "Abs", "Neg", "Reciprocal", "Exp"];

/** Where a product's sums go, and from where it takes them up: all in one form. */
interface Target {
  readonly output: number;
  readonly residual: number;
  readonly raw: number;
  readonly activation: number;
}

/** Gives each layer its kernel and each value its place. */
export class Planner {
  private readonly places = new Places();
  private readonly steps = new Steps();
  private readonly values: Values;
  private readonly users = new Map<string, Layer[]>();
  private readonly folded = new Map<string, Resizing>();

  constructor(
    private readonly trace: Trace,
    private readonly layers: readonly Layer[],
  ) {
    this.values = new Values(trace, this.places, this.steps);
    for (const layer of layers) {
      for (const name of taken(layer)) listUnder(this.users, name, layer);
    }
  }

  plan(input: string): Plan {
    const { values } = this;
    values.takeFlat(input, values.shape(input));
    for (const layer of this.layers) this.add(layer);
    const placed = (name: string): Placed => ({ place: values.flatOf(name), shape: values.shape(name) });
    const outputs = new Map(this.trace.outputs.map((name) => [name, placed(name)]));
    return this.steps.plan(this.places, placed(input), outputs);
  }

  private add(layer: Layer): void {
    if (layer.kind === "product") this.product(layer);
    else if (layer.kind === "activating") this.activating(layer);
    else if (layer.kind === "resizing") this.resizing(layer);
    else if (layer.kind === "computing") this.computing(layer);
    else this.values.rename(layer.input, layer.output);
  }

  /** Whether some layer takes a value as an image with a margin. */
  private wantedAsMap(name: string): boolean {
    return (this.users.get(name) ?? []).some(
      (user) =>
        user.kind === "resizing" ||
        (user.kind === "product" && user.convolution !== null && (user.input === name || user.residual === name)) ||
        (user.kind === "activating" && user.activation !== "sigmoid" && this.wantedAsMap(user.output)),
    );
  }

  private product(layer: Product): void {
    const { convolution, output, raw, residual, shape } = layer;
    const wanted = this.wantedAsMap(output) || (raw !== null && this.wantedAsMap(raw));
    if (convolution) {
      const doubled = this.folded.get(layer.input);
      const pixels = shape[2]! * shape[3]!;
      if (doubled) this.foldedConvolution(layer, doubled.input);
      else if (!wanted && residual === null && raw === null && shape[1]! <= PLANES && pixels >= PLANES) this.planes(layer);
      else this.convolution(layer);
    } else this.linear(layer, wanted && shape.length === 4 ? mapForm(shape) : null);
  }

  private target({ residual, raw, output, activation, shape }: Product, form: MapForm | null): Target {
    const take = (name: string): number => (form ? this.values.takeMap(name, form) : this.values.takeFlat(name, shape));
    const from = residual === null ? null : form ? this.values.mapOf(residual) : this.values.flatOf(residual);
    const place = take(output);
    return {
      output: place + (form ? form.first : 0),
      residual: from === null ? 0 : from - place,
      raw: raw === null ? 0 : take(raw) - place,
      activation: ACTIVATIONS[activation],
    };
  }

  private weights(packed: Packed): number {
    return this.places.filled(packedLength(packed), (piece) => packBlocks(packed, piece));
  }

  private bias(layer: Product, to: MapForm | null = null, row = 0): number {
    const values = biasOf(layer, to, row);
    return this.places.filled(values.length, (piece) => piece.set(values));
  }

  private convolution(layer: Product): void {
    const { stride, pads } = layer.convolution!;
    const from = mapForm(this.values.shape(layer.input));
    const to = mapForm(layer.shape);
    const input = this.values.mapOf(layer.input) + (1 - pads[0]) * from.row + (1 - pads[1]) * from.pixel;
    const { output, residual, raw, activation } = this.target(layer, to);
    const packed = convolutionWeights(layer, from.depth);
    const weights = this.weights(packed);
    const bias = this.bias(layer);
    const [inStep, inPixel, length, vectors] = [stride[0] * from.row, stride[1] * from.pixel, packed.length * FLOAT, to.depth / 4];
    // biome-ignore format: as the kernel lists them
    this.steps.call(
      "product", input, from.row, inStep, inPixel, weights, bias, output, to.row, to.pixel,
      to.height, to.width, packed.taps, length, vectors, residual, raw, activation,
    );
  }

  /** Over an image of twice the size that is never made. */
  private foldedConvolution(layer: Product, small: string): void {
    const from = mapForm(this.values.shape(small));
    const to = mapForm(layer.shape);
    const input = this.values.mapOf(small);
    const { output, residual, raw, activation } = this.target(layer, to);
    const bias = this.bias(layer);
    for (const row of [0, 1] as const) {
      for (const column of [0, 1] as const) {
        const packed = foldedWeights(layer, from.depth, row, column);
        const weights = this.weights(packed);
        const [x, y] = [input + row * from.row + column * from.pixel, output + row * to.row + column * to.pixel];
        // biome-ignore format: as the kernel lists them
        this.steps.call(
          "product", x, from.row, from.row, from.pixel, weights, bias, y, 2 * to.row, 2 * to.pixel,
          from.height, from.width, packed.taps, packed.length * FLOAT, to.depth / 4, residual, raw, activation,
        );
      }
    }
  }

  private planes(layer: Product): void {
    const { stride, pads } = layer.convolution!;
    const from = mapForm(this.values.shape(layer.input));
    const [, outputs, height, width] = layer.shape as [number, number, number, number];
    const input = this.values.mapOf(layer.input) + (1 - pads[0]) * from.row + (1 - pads[1]) * from.pixel;
    const { output, activation } = this.target(layer, null);
    const packed = convolutionWeights(layer, from.depth);
    const weights = this.places.filled(outputs * packed.taps * packed.length, (piece) => packRows(packed, piece));
    const bias = this.bias(layer);
    const [inStep, inPixel, length] = [stride[0] * from.row, stride[1] * from.pixel, packed.length * FLOAT];
    this.steps.call("planes", input, from.row, inStep, inPixel, weights, bias, output, height, width, packed.taps, length, outputs, activation);
  }

  /** From an image that lies with a margin the numbers are taken where they are, and into one they are put row by row. */
  private linear(layer: Product, to: MapForm | null): void {
    const map = this.values.onlyMap(layer.input);
    const from = map ? map.form : null;
    const input = map ? map.place + map.form.first : this.values.flatOf(layer.input);
    const inRow = from ? from.row : 0;
    const { output, residual, raw, activation } = this.target(layer, to);
    for (let row = 0; row < (to ? to.height : 1); row++) {
      const packed = linearWeights(layer, from, to, row);
      const weights = this.weights(packed);
      const bias = this.bias(layer, to, row);
      const y = output + row * (to ? to.row : 0);
      // biome-ignore format: as the kernel lists them
      this.steps.callTogether(
        input, inRow, 0, 0, weights, bias, y, 0, 0,
        1, 1, packed.taps, packed.length * FLOAT, upTo(4, packed.outputs.length) / 4, residual, raw, activation,
      );
    }
  }

  private activating({ input, output, shape, activation }: Activating): void {
    const kind = ACTIVATIONS[activation];
    const form = activation !== "sigmoid" && this.values.hasMap(input) ? mapForm(shape) : null;
    const from = form ? this.values.mapOf(input) : this.values.flatOf(input);
    const bytes = form ? form.bytes : upTo(4, elements(shape)) * FLOAT;
    const to = form ? this.values.takeMap(output, form) : this.values.takeFlat(output, shape);
    this.steps.call("activate", from, to, bytes, kind);
  }

  /** Only where something needs the larger image itself. */
  private resizing(layer: Resizing): void {
    if (this.isFolded(layer)) {
      this.folded.set(layer.output, layer);
      return;
    }
    const from = mapForm(this.values.shape(layer.input));
    const to = mapForm(layer.shape);
    const input = this.values.mapOf(layer.input) + from.first;
    const sources = this.sources(from, to);
    const place = this.values.takeMap(layer.output, to);
    this.steps.call("spread", input, place + to.first, sources, to.row, to.pixel, to.height, to.width);
  }

  /** Whether an image is only made larger for convolutions that can do without. */
  private isFolded({ input, output, shape }: Resizing): boolean {
    const small = this.values.shape(input);
    const users = this.users.get(output) ?? [];
    const doubles = shape[2] === 2 * small[2]! && shape[3] === 2 * small[3]!;
    const can = (user: Layer): boolean => user.kind === "product" && user.input === output && user.residual !== output && isPlain(user);
    return doubles && !this.trace.outputs.includes(output) && users.every(can);
  }

  /** By row and by column of the larger image, where its pixel begins in the smaller one. */
  private sources(from: MapForm, to: MapForm): number {
    const nearest = (at: number, own: number, other: number): number => Math.min(Math.floor(Math.fround(at / Math.fround(own / other))), other - 1);
    const rows = Array.from({ length: to.height }, (_, y) => nearest(y, to.height, from.height) * from.row);
    const columns = Array.from({ length: to.width }, (_, x) => nearest(x, to.width, from.width) * from.pixel);
    const bytes = Uint32Array.from([...rows, ...columns]);
    return this.places.filled(bytes.length, (piece) => new Uint32Array(piece.buffer, piece.byteOffset, bytes.length).set(bytes));
  }

  private computing(layer: Computing): void {
    const { computation, inputs, output, shape } = layer;
    if (this.combining(layer)) return;
    const from = inputs
      .filter((name) => name !== "")
      .map((name) => this.trace.constants.get(name)?.values ?? { place: this.values.flatOf(name), shape: this.values.shape(name) });
    this.steps.compute(computation, from, { place: this.values.takeFlat(output, shape), shape });
  }

  /** Number by number by a kernel, if there is one for it and all shapes are the same or a single number's; whether it is so. */
  private combining({ operator, inputs, output, shape }: Computing): boolean {
    const squares = operator === "Pow" && this.single(inputs[1]!) === 2;
    const kind = COMBINING.indexOf(squares ? "Mul" : operator);
    if (kind < 0) return false;
    const size = elements(shape);
    const found: { place: number; step: number }[] = [];
    const names = squares ? [inputs[0]!, inputs[0]!] : operator === "Clip" ? [0, 1, 2].map((index) => inputs[index] ?? "") : inputs;
    for (const [index, name] of names.entries()) {
      const value = name === "" ? [-Infinity, -Infinity, Infinity][index]! : this.single(name);
      if (value === null && (this.trace.constants.has(name) || elements(this.values.shape(name)) !== size)) return false;
      found.push(value === null ? { place: this.values.flatOf(name), step: VECTOR } : { place: this.places.filled(4, (piece) => piece.fill(value)), step: 0 });
    }
    const [x, y = x, z = x] = found;
    const place = this.values.takeFlat(output, shape);
    this.steps.call("combine", kind, x!.place, x!.step, y!.place, y!.step, z!.place, z!.step, place, upTo(4, size) * FLOAT);
    return true;
  }

  /** The value of a constant that is one number. */
  private single(name: string): number | null {
    const values = this.trace.constants.get(name)?.values;
    return values?.length === 1 ? values[0]! : null;
  }
}

/** A 3×3 convolution of stride one that keeps the image's size. */
function isPlain({ convolution }: Product): boolean {
  return convolution !== null && [...convolution.kernel].join() === "3,3" && convolution.stride.join() === "1,1" && convolution.pads.join() === "1,1,1,1";
}

function taken(layer: Layer): string[] {
  if (layer.kind === "computing") return [...new Set(layer.inputs.filter((name) => name !== ""))];
  if (layer.kind === "product" && layer.residual !== null && layer.residual !== layer.input) return [layer.input, layer.residual];
  return [layer.input];
}

import type { Kernels } from "./kernels";
import { type Activating, ACTIVATIONS, type Computing, type Layer, type Product, type Resizing } from "./layers";
import { type Constant, elements } from "./onnx";
import type { Computation } from "./operators";
import { biasOf, convolutionWeights, foldedWeights, linearWeights, packBlocks, type Packed, packedLength, packRows } from "./packing";
import { type MapForm, mapForm, Places, upTo } from "./places";
import type { Trace } from "./trace";

/** What is done for every item: a kernel called with its numbers, or a computation of no kernel. */
export type Step =
  | { readonly kernel: keyof Kernels; readonly numbers: readonly number[] }
  | { readonly computation: Computation; readonly from: readonly (Piece | Constant["values"])[]; readonly to: Piece };

/** A piece of memory, in numbers. */
export interface Piece {
  readonly start: number;
  readonly length: number;
}

export interface Plan {
  /** Memory, in bytes. */
  readonly bytes: number;
  readonly fills: readonly ((floats: Float32Array) => void)[];
  readonly steps: readonly Step[];
  readonly input: Piece;
  readonly outputs: ReadonlyMap<string, Piece>;
}

/** An image has so few colours that each is a plane of its own at once. */
const PLANES = 4;
const FLOAT = 4;
const VECTOR = 16;
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
  private readonly steps: Step[] = [];
  private readonly flat = new Map<string, number>();
  private readonly maps = new Map<string, number>();
  private readonly roots = new Map<string, string>();
  private readonly users = new Map<string, Layer[]>();
  private readonly folded = new Map<string, Resizing>();

  constructor(
    private readonly trace: Trace,
    private readonly layers: readonly Layer[],
  ) {
    for (const layer of layers) {
      for (const name of taken(layer)) this.users.set(name, [...(this.users.get(name) ?? []), layer]);
    }
  }

  plan(input: string): Plan {
    const shape = this.shape(input);
    this.flat.set(input, this.places.takeFlat(shape));
    for (const layer of this.layers) this.add(layer);
    const outputs = new Map(this.trace.outputs.map((name) => [name, this.piece(this.flatOf(name), this.shape(name))]));
    const { bytes, fills } = this.places;
    return { bytes, fills, steps: this.steps, input: this.piece(this.flat.get(input)!, shape), outputs };
  }

  private call<Name extends keyof Kernels>(kernel: Name, ...numbers: Parameters<Kernels[Name]>): void {
    this.steps.push({ kernel, numbers });
  }

  private add(layer: Layer): void {
    if (layer.kind === "product") this.product(layer);
    else if (layer.kind === "activating") this.activating(layer);
    else if (layer.kind === "resizing") this.resizing(layer);
    else if (layer.kind === "computing") this.computing(layer);
    else this.roots.set(layer.output, this.root(layer.input));
  }

  private shape(name: string): readonly number[] {
    return this.trace.shapes.get(name)!;
  }

  private piece(place: number, shape: readonly number[]): Piece {
    return { start: place / FLOAT, length: elements(shape) };
  }

  /** The value that a name is only another name of. */
  private root(name: string): string {
    return this.roots.get(name) ?? name;
  }

  /** Where a value lies in row-major order; it is brought there if it lies elsewhere. */
  private flatOf(name: string): number {
    const root = this.root(name);
    const present = this.flat.get(root);
    if (present !== undefined) return present;
    const constant: Constant | undefined = this.trace.constants.get(root);
    const place = constant ? this.places.constant(constant) : this.places.takeFlat(this.shape(root));
    this.flat.set(root, place);
    if (constant) return place;
    const { first, row, pixel, height, width, channels } = mapForm(this.shape(root));
    const from = this.maps.get(root)! + first;
    this.call("separate", from, place, row, pixel, height, width, channels);
    return place;
  }

  /** Where a value lies as an image with a margin. */
  private mapOf(name: string): number {
    const present = this.maps.get(name);
    if (present !== undefined) return present;
    const { first, row, pixel, height, width, channels, bytes } = mapForm(this.shape(name));
    const from = this.flatOf(name);
    const place = this.places.take(bytes);
    this.maps.set(name, place);
    this.call("interleave", from, place + first, row, pixel, height, width, channels);
    return place;
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
    const take = (name: string): number => {
      const place = form ? this.places.take(form.bytes) : this.places.takeFlat(shape);
      (form ? this.maps : this.flat).set(name, place);
      return place;
    };
    const from = residual === null ? null : form ? this.mapOf(residual) : this.flatOf(residual);
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
    const from = mapForm(this.shape(layer.input));
    const to = mapForm(layer.shape);
    const input = this.mapOf(layer.input) + (1 - pads[0]) * from.row + (1 - pads[1]) * from.pixel;
    const { output, residual, raw, activation } = this.target(layer, to);
    const packed = convolutionWeights(layer, from.depth);
    const weights = this.weights(packed);
    const bias = this.bias(layer);
    const [inStep, inPixel, length, vectors] = [stride[0] * from.row, stride[1] * from.pixel, packed.length * FLOAT, to.depth / 4];
    // biome-ignore format: as the kernel lists them
    this.call(
      "product", input, from.row, inStep, inPixel, weights, bias, output, to.row, to.pixel,
      to.height, to.width, packed.taps, length, vectors, residual, raw, activation,
    );
  }

  /** Over an image of twice the size that is never made. */
  private foldedConvolution(layer: Product, small: string): void {
    const from = mapForm(this.shape(small));
    const to = mapForm(layer.shape);
    const input = this.mapOf(small);
    const { output, residual, raw, activation } = this.target(layer, to);
    const bias = this.bias(layer);
    for (const row of [0, 1] as const) {
      for (const column of [0, 1] as const) {
        const packed = foldedWeights(layer, from.depth, row, column);
        const weights = this.weights(packed);
        const [x, y] = [input + row * from.row + column * from.pixel, output + row * to.row + column * to.pixel];
        // biome-ignore format: as the kernel lists them
        this.call(
          "product", x, from.row, from.row, from.pixel, weights, bias, y, 2 * to.row, 2 * to.pixel,
          from.height, from.width, packed.taps, packed.length * FLOAT, to.depth / 4, residual, raw, activation,
        );
      }
    }
  }

  private planes(layer: Product): void {
    const { stride, pads } = layer.convolution!;
    const from = mapForm(this.shape(layer.input));
    const [, outputs, height, width] = layer.shape as [number, number, number, number];
    const input = this.mapOf(layer.input) + (1 - pads[0]) * from.row + (1 - pads[1]) * from.pixel;
    const { output, activation } = this.target(layer, null);
    const packed = convolutionWeights(layer, from.depth);
    const weights = this.places.filled(outputs * packed.taps * packed.length, (piece) => packRows(packed, piece));
    const bias = this.bias(layer);
    const [inStep, inPixel, length] = [stride[0] * from.row, stride[1] * from.pixel, packed.length * FLOAT];
    this.call("planes", input, from.row, inStep, inPixel, weights, bias, output, height, width, packed.taps, length, outputs, activation);
  }

  /** From an image that lies with a margin the numbers are taken where they are, and into one they are put row by row. */
  private linear(layer: Product, to: MapForm | null): void {
    const root = this.root(layer.input);
    const map = this.flat.has(root) || this.trace.constants.has(root) ? undefined : this.maps.get(root);
    const from = map === undefined ? null : mapForm(this.shape(root));
    const input = from ? map! + from.first : this.flatOf(layer.input);
    const inRow = from ? from.row : 0;
    const { output, residual, raw, activation } = this.target(layer, to);
    for (let row = 0; row < (to ? to.height : 1); row++) {
      const packed = linearWeights(layer, from, to, row);
      const weights = this.weights(packed);
      const bias = this.bias(layer, to, row);
      const y = output + row * (to ? to.row : 0);
      // biome-ignore format: as the kernel lists them
      this.call(
        "product", input, inRow, 0, 0, weights, bias, y, 0, 0,
        1, 1, packed.taps, packed.length * FLOAT, upTo(4, packed.outputs.length) / 4, residual, raw, activation,
      );
    }
  }

  private activating({ input, output, shape, activation }: Activating): void {
    const kind = ACTIVATIONS[activation];
    const asMap = activation !== "sigmoid" && this.maps.has(input);
    const from = asMap ? this.mapOf(input) : this.flatOf(input);
    const bytes = asMap ? mapForm(shape).bytes : upTo(4, elements(shape)) * FLOAT;
    const place = this.places.take(bytes);
    (asMap ? this.maps : this.flat).set(output, place);
    this.call("activate", from, place, bytes, kind);
  }

  /** Only where something needs the larger image itself. */
  private resizing(layer: Resizing): void {
    if (this.isFolded(layer)) {
      this.folded.set(layer.output, layer);
      return;
    }
    const from = mapForm(this.shape(layer.input));
    const to = mapForm(layer.shape);
    const input = this.mapOf(layer.input) + from.first;
    const sources = this.sources(from, to);
    const place = this.places.take(to.bytes);
    this.maps.set(layer.output, place);
    this.call("spread", input, place + to.first, sources, to.row, to.pixel, to.height, to.width);
  }

  /** Whether an image is only made larger for convolutions that can do without. */
  private isFolded({ input, output, shape }: Resizing): boolean {
    const small = this.shape(input);
    const users = this.users.get(output) ?? [];
    const doubles = shape[2] === 2 * small[2]! && shape[3] === 2 * small[3]!;
    return doubles && !this.trace.outputs.includes(output) && users.every((user) => user.kind === "product" && user.input === output && isPlain(user));
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
    const from = inputs.filter((name) => name !== "").map((name) => this.trace.constants.get(name)?.values ?? this.piece(this.flatOf(name), this.shape(name)));
    const place = this.places.takeFlat(shape);
    this.flat.set(output, place);
    this.steps.push({ computation, from, to: this.piece(place, shape) });
  }

  /** Number by number by a kernel, if there is one for it and all shapes are the same or a single number's; whether it is so. */
  private combining({ operator, inputs, output, shape }: Computing): boolean {
    const squares = operator === "Pow" && this.single(inputs[1]!) === 2;
    const kind = COMBINING.indexOf(squares ? "Mul" : operator);
    if (kind < 0) return false;
    const size = elements(shape);
    const found: { place: number; step: number }[] = [];
    for (const [index, name] of (squares ? [inputs[0]!, inputs[0]!] : inputs).entries()) {
      const value = name === "" ? [-Infinity, -Infinity, Infinity][index]! : this.single(name);
      if (value === null && (this.trace.constants.has(name) || elements(this.shape(name)) !== size)) return false;
      found.push(value === null ? { place: this.flatOf(name), step: VECTOR } : { place: this.places.filled(4, (piece) => piece.fill(value)), step: 0 });
    }
    if (operator === "Clip" && found.length < 3) found.push({ place: this.places.filled(4, (piece) => piece.fill(Infinity)), step: 0 });
    const [x, y = x, z = x] = found;
    const place = this.places.takeFlat(shape);
    this.flat.set(output, place);
    this.call("combine", kind, x!.place, x!.step, y!.place, y!.step, z!.place, z!.step, place, upTo(4, size) * FLOAT);
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

import type { Product } from "./layers";
import { type Constant, elements } from "./onnx";
import { type MapForm, upTo } from "./places";

/** The kernels make eight outputs at a time. */
const BLOCK = 8;

/** Where there is no weight. */
const NONE = -1;

/** A layer's weights as a kernel reads them: so many rows of so many numbers for each output. */
export interface Packed {
  readonly taps: number;
  readonly length: number;
  /** Where each output's weights begin among the layer's. */
  readonly outputs: Int32Array;
  /** How far on the weight of each number of each row is; several such lists are added up. */
  readonly inputs: readonly Int32Array[];
  readonly values: Constant["values"];
  readonly scale: number;
}

export const packedLength = ({ outputs, taps, length }: Packed): number => upTo(BLOCK, outputs.length) * taps * length;

/** Eight outputs side by side, number by number, into zeros. */
export function packBlocks({ outputs, inputs, values, scale }: Packed, piece: Float32Array): void {
  for (const offsets of inputs) {
    outputs.forEach((start, output) => {
      const lane = output % BLOCK;
      if (start !== NONE) addSpread(values, start, offsets, scale, piece, (output - lane) * offsets.length + lane);
    });
  }
}

/** Adds one output's weights, every eighth number from a place on. */
function addSpread(values: Constant["values"], start: number, offsets: Int32Array, scale: number, piece: Float32Array, place: number): void {
  for (let at = 0, to = place; at < offsets.length; at++, to += BLOCK) {
    const offset = offsets[at]!;
    if (offset !== NONE) piece[to]! += scale * values[start + offset]!;
  }
}

/** Output by output, into zeros. */
export function packRows({ outputs, inputs, values, scale }: Packed, piece: Float32Array): void {
  let to = 0;
  for (const start of outputs) {
    for (const offset of inputs[0]!) {
      if (offset !== NONE) piece[to] = scale * values[start + offset]!;
      to++;
    }
  }
}

/** Numbers that a rule makes of their places, for every row and every place in it. */
function listed(taps: number, length: number, at: (tap: number, place: number) => number): Int32Array {
  return Int32Array.from({ length: taps * length }, (_, index) => at(Math.floor(index / length), index % length));
}

/** A convolution over an image of `depth` numbers a pixel. */
export function convolutionWeights({ weights, scale, convolution }: Product, depth: number): Packed {
  const [count, channels] = weights.shape as [number, number];
  const [height, width] = convolution!.kernel;
  const length = width * depth;
  const inputs = listed(height, length, (tap, place) => {
    const channel = place % depth;
    return channel < channels ? (channel * height + tap) * width + (place - channel) / depth : NONE;
  });
  const outputs = Int32Array.from({ length: count }, (_, output) => output * channels * height * width);
  return { taps: height, length, outputs, inputs: [inputs], values: weights.values, scale };
}

/** By the row (or column) of a pixel within its pair, which of three weights fall on the first and the second of two pixels. */
const FOLDED = [
  [[0], [1, 2]],
  [[0, 1], [2]],
] as const;

/**
 * A 3×3 convolution over an image of which every pixel stands twice in each direction, as a 2×2 one over the image itself:
 * for one of the four pixels that one pixel becomes, the weights that meet the same pixel are one weight, their sum.
 */
export function foldedWeights(product: Product, depth: number, row: 0 | 1, column: 0 | 1): Packed {
  const whole = convolutionWeights(product, depth);
  const [offsets] = whole.inputs;
  const taps = 2;
  const length = taps * depth;
  const summand = (down: number, right: number): Int32Array =>
    listed(taps, length, (tap, place) => {
      const channel = place % depth;
      const y = FOLDED[row][tap]![down];
      const x = FOLDED[column][(place - channel) / depth]![right];
      return y === undefined || x === undefined ? NONE : offsets![y * whole.length + x * depth + channel]!;
    });
  return { ...whole, taps, length, inputs: [summand(0, 0), summand(0, 1), summand(1, 0), summand(1, 1)] };
}

/** Where a number of an image's row lies when the channels are one after the other. */
function planar({ channels, height, width, depth }: MapForm, row: number, place: number): number {
  const channel = place % depth;
  return channel < channels ? (channel * height + row) * width + (place - channel) / depth : NONE;
}

/** Which of a linear layer's outputs lie side by side: all in their order, or those of one row of an image. */
function outputsOf({ shape }: Product, to: MapForm | null, row: number): Int32Array {
  const length = to ? to.width * to.depth : elements(shape);
  return Int32Array.from({ length }, (_, place) => (to ? planar(to, row, place) : place));
}

/** A linear layer over numbers in a row, or over an image; into numbers in a row, or into one row of an image. */
export function linearWeights(product: Product, from: MapForm | null, to: MapForm | null, row: number): Packed {
  const { weights, scale, byOutput } = product;
  const [first, second] = weights.shape as [number, number];
  const count = byOutput ? second : first;
  const taps = from ? from.height : 1;
  const length = from ? from.width * from.depth : upTo(4, count);
  const step = byOutput ? 1 : second;
  const inputs = listed(taps, length, (tap, place) => {
    const input = from ? planar(from, tap, place) : place;
    return input >= 0 && input < count ? input * step : NONE;
  });
  const outputs = outputsOf(product, to, row).map((output) => (output === NONE ? NONE : byOutput ? output * count : output));
  return { taps, length, outputs, inputs: [inputs], values: weights.values, scale };
}

/** A bias in the order of the outputs; eight are read at a time. */
export function biasOf(product: Product, to: MapForm | null = null, row = 0): Float32Array {
  const { bias, biasScale, convolution, shape } = product;
  const outputs = convolution ? Int32Array.from({ length: shape[1]! }, (_, output) => output) : outputsOf(product, to, row);
  const packed = new Float32Array(upTo(BLOCK, outputs.length));
  outputs.forEach((output, place) => {
    if (bias && output !== NONE) packed[place] = biasScale * bias.values[bias.values.length === 1 ? 0 : output]!;
  });
  return packed;
}

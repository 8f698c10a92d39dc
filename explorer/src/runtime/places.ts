import { type Constant, elements } from "./onnx";
import { Damaged } from "./wire";

/** The kernels read and write four numbers at a time. */
const FLOAT = 4;
const VECTOR = 16;
/** What a graph may take, in bytes: the largest of our own models needs a third of it. */
const MOST = 2 ** 31 - 2 ** 16;

export const upTo = (multiple: number, count: number): number => Math.ceil(count / multiple) * multiple;

/** An image as the kernels have it: pixel by pixel with its channels side by side, and a margin of zeros all round. */
export interface MapForm {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Numbers a pixel: the channels, made up to fours with zeros. */
  readonly depth: number;
  /** From pixel to pixel and from row to row, and from the margin's corner to the first pixel, in bytes. */
  readonly pixel: number;
  readonly row: number;
  readonly first: number;
  readonly bytes: number;
}

/** @param shape (1, channels, height, width) */
export function mapForm(shape: readonly number[]): MapForm {
  const [, channels, height, width] = shape as [number, number, number, number];
  const depth = upTo(4, channels);
  const pixel = depth * FLOAT;
  const row = (width + 2) * pixel;
  return { channels, height, width, depth, pixel, row, first: row + pixel, bytes: (height + 2) * row };
}

/** Hands out a graph's memory, each piece once; it begins as zeros, and where nothing is written it stays so. */
export class Places {
  private end = VECTOR;
  readonly fills: ((floats: Float32Array) => void)[] = [];

  /** Bytes in all. A kernel may read a vector beyond the last piece. */
  get bytes(): number {
    return this.end + VECTOR;
  }

  take(bytes: number): number {
    const place = this.end;
    this.end += upTo(VECTOR, bytes);
    if (this.end > MOST) throw new Damaged("it needs more memory than a decoder of ours does");
    return place;
  }

  takeFlat(shape: readonly number[]): number {
    return this.take(elements(shape) * FLOAT);
  }

  /** A piece whose numbers are put there before anything runs. */
  filled(numbers: number, fill: (piece: Float32Array) => void): number {
    const place = this.take(numbers * FLOAT);
    this.fills.push((floats) => fill(floats.subarray(place / FLOAT, place / FLOAT + numbers)));
    return place;
  }

  constant({ values }: Constant): number {
    return this.filled(values.length, (piece) => piece.set(values));
  }
}

import { type Constant, elements } from "./onnx";
import { Damaged } from "./wire";

/** The kernels read and write four numbers at a time. */
export const FLOAT = 4;
export const VECTOR = 16;
/** What a graph may take, in bytes: the largest of our own models needs less than a third of it. */
const MOST = 2 ** 31 - 2 ** 16;
/** Places from here on are an item's; those below are constants', which all items share. */
const OWN = 2 ** 31;

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

export const isOwn = (place: number): boolean => place >= OWN;

/** Hands out a graph's memory, each piece once; it begins as zeros, and where nothing is written it stays so. */
export class Places {
  private constants = VECTOR;
  private own = 0;
  readonly fills: ((floats: Float32Array) => void)[] = [];

  /** From one item's values to the next one's, in bytes. */
  get stride(): number {
    return this.own;
  }

  /** Bytes in all for so many items. A kernel may read a vector beyond the last piece. */
  bytes(items: number): number {
    return this.constants + items * this.own + VECTOR;
  }

  /** Where in memory a place is, once all are handed out: an item's values follow the constants. */
  settled(place: number): number {
    return isOwn(place) ? place - OWN + this.constants : place;
  }

  /** A piece for a value of an item. */
  take(bytes: number): number {
    const place = OWN + this.own;
    this.own += upTo(VECTOR, bytes);
    this.check();
    return place;
  }

  takeFlat(shape: readonly number[]): number {
    return this.take(elements(shape) * FLOAT);
  }

  /** A piece whose numbers are put there before anything runs. */
  filled(numbers: number, fill: (piece: Float32Array) => void): number {
    const place = this.constants;
    this.constants += upTo(VECTOR, numbers * FLOAT);
    this.check();
    this.fills.push((floats) => fill(floats.subarray(place / FLOAT, place / FLOAT + numbers)));
    return place;
  }

  constant({ values }: Constant): number {
    return this.filled(values.length, (piece) => piece.set(values));
  }

  private check(): void {
    if (this.constants + this.own > MOST) throw new Damaged("it needs more memory than a decoder of ours does");
  }
}

/**
 * The pixels that training made of a picture file, byte for byte: `decode`, `made_visible` and `frame_picture` of
 * vae_core/data/files, and of Pillow (https://github.com/python-pillow/Pillow) what they call: `Image.paste` with a
 * mask, `Image.reduce`, `Image.resize` with LANCZOS and reducing_gap=3, and the grey of `Image.convert`.
 */
import type { Ground, Levels } from "../model/manifest";

/** A picture's pixels as red, green, blue and opacity in turn; an ImageData is one, as a file's. */
export interface Picture {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  /** Of what is no file's, or was read by the data's own levels: its own. */
  readonly levels?: Levels;
}

/** How training framed pictures and what it took for black, white and transparent. */
export interface TrainingFrame {
  readonly size: number;
  /** 1 (grey) or 3. */
  readonly channels: number;
  /** Whether the whole picture is kept, on a square ground of its outline's colour, or only its middle square. */
  readonly padded: boolean;
  readonly ground: Ground;
  readonly levels: Levels;
}

/** Red, green and blue bytes, each row by row. */
interface Colours {
  readonly planes: readonly Uint8Array[];
  readonly width: number;
  readonly height: number;
}

interface PixelBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A picture of more pixels loses at once what the frame does not need; so many times the frame's side is left. */
const LARGE = 4_000_000;
const FINE = 3;
/** Whole blocks are averaged as long as this factor is left for the fine filter. */
const GAP = 3;
const LANCZOS = 3;
/** Weights are whole numbers of this many bits after the point: a byte and two bits for overshoot are left of 32. */
const PRECISION = 32 - 8 - 2;

/** A picture of at least one pixel as a model's input, (channels, size, size) in [0, 1]. */
export function trainingPixels(picture: Picture, frame: TrainingFrame): Float32Array {
  const { size } = frame;
  let colours = decoded(picture, frame);
  if (colours.width !== colours.height) colours = padded(colours, size);
  else if (colours.width !== size) colours = resized(colours, size, size);
  const planes = frame.channels === 1 ? [luma(colours.planes)] : colours.planes;
  const input = new Float32Array(planes.length * size * size);
  planes.forEach((plane, channel) => input.set(plane, channel * size * size));
  return input.map((byte) => byte / 255);
}

/** What is kept of a picture: opaque, between black and white, and a large one coarser. */
function decoded(picture: Picture, { size, padded, ground, levels }: TrainingFrame): Colours {
  const { width, height } = picture;
  const side = Math.min(width, height);
  const kept = padded ? { left: 0, top: 0, width, height } : middle(picture, side, side);
  const large = width * height > LARGE;
  const factor = large ? Math.max(1, Math.floor(side / (FINE * size))) : 1;
  const whole = middle(kept, kept.width - (kept.width % factor), kept.height - (kept.height % factor));
  const box = { ...whole, left: kept.left + whole.left, top: kept.top + whole.top };
  return reduced(visible(picture, box, ground, picture.levels ?? levels), factor, factor);
}

/** A box of this size in the middle of another, nearer to its left and top where it cannot be in the middle. */
function middle(outer: { readonly width: number; readonly height: number }, width: number, height: number): PixelBox {
  return { left: Math.floor((outer.width - width) / 2), top: Math.floor((outer.height - height) / 2), width, height };
}

/** The pixels in a box, between black and white, and what is transparent laid on the ground. */
function visible({ data, width: stride }: Picture, box: PixelBox, ground: Ground, levels: Levels): Colours {
  const { left, top, width, height } = box;
  const planes = [0, 1, 2].map(() => new Uint8Array(width * height));
  const table = stretchedBytes(levels);
  const behind = ground === "white" ? 255 : 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const from = 4 * ((top + row) * stride + left + column);
      const opacity = data[from + 3]!;
      for (let channel = 0; channel < 3; channel++) {
        const byte = table[data[from + channel]!]!;
        planes[channel]![row * width + column] = opacity === 255 ? byte : over255(behind * (255 - opacity) + byte * opacity);
      }
    }
  }
  return { planes, width, height };
}

/** `ValueRange.to_bytes` of every byte. */
function stretchedBytes([low, high]: Levels): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => halfToEven(Math.min(255, Math.max(0, (byte - low) * (255 / (high - low))))));
}

/** Rounded as Python and NumPy do it. */
function halfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** A product of two bytes divided by 255 and rounded, as Pillow does it. */
function over255(product: number): number {
  const sum = product + 128;
  return ((sum >> 8) + sum) >> 8;
}

/** `_padded`: the whole picture scaled into a square, the rest of which has the median colour of its outline. */
function padded(colours: Colours, size: number): Colours {
  const share = size / Math.max(colours.width, colours.height);
  const side = (old: number): number => Math.max(1, halfToEven(old * share));
  const { planes, width, height } = resized(colours, side(colours.width), side(colours.height));
  const { left, top } = middle({ width: size, height: size }, width, height);
  const squares = planes.map((plane) => {
    const square = new Uint8Array(size * size).fill(outlineMedian(plane, width, height));
    for (let row = 0; row < height; row++) {
      square.set(plane.subarray(row * width, (row + 1) * width), (top + row) * size + left);
    }
    return square;
  });
  return { planes: squares, width: size, height: size };
}

/** Of the first and last row and column, corners counted twice; halves are cut off. */
function outlineMedian(plane: Uint8Array, width: number, height: number): number {
  const outline: number[] = [];
  for (let column = 0; column < width; column++) outline.push(plane[column]!, plane[(height - 1) * width + column]!);
  for (let row = 0; row < height; row++) outline.push(plane[row * width]!, plane[(row + 1) * width - 1]!);
  outline.sort((a, b) => a - b);
  const half = outline.length / 2;
  return Math.floor((outline[half - 1]! + outline[half]!) / 2);
}

/** `Image.resize` with LANCZOS and reducing_gap=3: averaged over whole blocks first, then filtered finely. */
function resized(colours: Colours, columns: number, rows: number): Colours {
  const { width, height } = colours;
  if (width === columns && height === rows) return colours;
  const across = Math.floor(width / columns / GAP) || 1;
  const down = Math.floor(height / rows / GAP) || 1;
  const coarse = reduced(colours, across, down);
  // The last block may be cut off: then the picture ends within its pixel.
  const alongRows = coarse.width === columns && across === 1 ? null : weightsOf(coarse.width, width / across, columns);
  const alongColumns = coarse.height === rows && down === 1 ? null : weightsOf(coarse.height, height / down, rows);
  const acrossFirst = (plane: Uint8Array): Uint8Array => {
    const narrow = alongRows ? filteredRows(plane, coarse.width, coarse.height, alongRows) : plane;
    return alongColumns ? filteredColumns(narrow, columns, alongColumns) : narrow;
  };
  const downFirst = (plane: Uint8Array): Uint8Array => {
    const low = alongColumns ? filteredColumns(plane, coarse.width, alongColumns) : plane;
    return alongRows ? filteredRows(low, coarse.width, rows, alongRows) : low;
  };
  // Bytes are rounded in between, so that the order tells: since Pillow 13 what loses far more rows than columns goes down first.
  const lost = coarse.height - rows;
  const planes = coarse.planes.map(lost > 0 && lost > 2 * (coarse.width - columns) ? downFirst : acrossFirst);
  return { planes, width: columns, height: rows };
}

/** `Image.reduce`: each block's mean, of the last column and row what there is of their blocks. */
function reduced({ planes, width, height }: Colours, across: number, down: number): Colours {
  if (across === 1 && down === 1) return { planes, width, height };
  const columns = Math.ceil(width / across);
  const rows = Math.ceil(height / down);
  const means = planes.map((plane) => {
    const small = new Uint8Array(columns * rows);
    for (let row = 0; row < rows; row++) {
      const bottom = Math.min(height, (row + 1) * down);
      for (let column = 0; column < columns; column++) {
        const right = Math.min(width, (column + 1) * across);
        const area = (right - column * across) * (bottom - row * down);
        let sum = area >> 1;
        for (let y = row * down; y < bottom; y++) {
          for (let x = column * across; x < right; x++) sum += plane[y * width + x]!;
        }
        // Pillow multiplies by the inverse in single precision instead of dividing.
        small[row * columns + column] = Math.imul(sum, Math.fround(2 ** 32 / (256 * area))) >>> 24;
      }
    }
    return small;
  });
  return { planes: means, width: columns, height: rows };
}

/** Pixels of a line that make up one pixel of the scaled line, from `first` on. */
interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** For `count` pixels of a scaled line; the old one has `length` pixels, of which those up to `end` are the picture. */
function weightsOf(length: number, end: number, count: number): Taps[] {
  const scale = Math.fround(end) / count;
  const wide = Math.max(1, scale);
  return Array.from({ length: count }, (_, index) => {
    const center = (index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - LANCZOS * wide + 0.5));
    const last = Math.min(length, Math.trunc(center + LANCZOS * wide + 0.5));
    const weights = Array.from({ length: last - first }, (_, tap) => lanczos((tap + first - center + 0.5) * (1 / wide)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: weights.map((weight) => fixedPoint(weight / total)) };
  });
}

function lanczos(x: number): number {
  return x >= -LANCZOS && x < LANCZOS ? sinc(x) * sinc(x / LANCZOS) : 0;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

const fixedPoint = (weight: number): number => Math.trunc(weight * 2 ** PRECISION + (weight < 0 ? -0.5 : 0.5));

/** The byte nearest to a weighted sum to which a half has been added already. */
const toByte = (sum: number): number => Math.min(255, Math.max(0, sum >> PRECISION));

function filteredRows(plane: Uint8Array, width: number, height: number, taps: readonly Taps[]): Uint8Array {
  const narrow = new Uint8Array(taps.length * height);
  for (let row = 0; row < height; row++) {
    taps.forEach(({ first, weights }, column) => {
      let sum = 1 << (PRECISION - 1);
      for (let tap = 0; tap < weights.length; tap++) sum += weights[tap]! * plane[row * width + first + tap]!;
      narrow[row * taps.length + column] = toByte(sum);
    });
  }
  return narrow;
}

function filteredColumns(plane: Uint8Array, width: number, taps: readonly Taps[]): Uint8Array {
  const small = new Uint8Array(width * taps.length);
  taps.forEach(({ first, weights }, row) => {
    for (let column = 0; column < width; column++) {
      let sum = 1 << (PRECISION - 1);
      for (let tap = 0; tap < weights.length; tap++) sum += weights[tap]! * plane[(first + tap) * width + column]!;
      small[row * width + column] = toByte(sum);
    }
  });
  return small;
}

/** The grey of red, green and blue by ITU-R BT.601, in whole numbers. */
function luma([red, green, blue]: readonly Uint8Array[]): Uint8Array {
  return red!.map((byte, pixel) => (byte * 19595 + green![pixel]! * 38470 + blue![pixel]! * 7471 + 0x8000) >> 16);
}

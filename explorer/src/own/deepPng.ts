/**
 * Grey PNG files of sixteen bits a pixel, of which browsers hand over eight: those of cameras that count to 4,095 would
 * be all but black. Format: https://www.w3.org/TR/png-3/, sections 5 (chunks) and 9 (filters).
 */
import type { Levels } from "../model/manifest";
import type { Picture } from "./trainingPixels";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Signature, and the header's chunk with its length, name and checksum. */
const HEAD = 8 + 25;
const DEPTH = 16;
const BYTES = 2;

/** @returns null for any other file, a damaged one, and one of more pixels than `most` */
export async function readDeepPng(file: Blob, [low, high]: Levels, most: number): Promise<Picture | null> {
  const head = new DataView(await file.slice(0, HEAD).arrayBuffer());
  if (head.byteLength < HEAD || SIGNATURE.some((byte, index) => head.getUint8(index) !== byte)) return null;
  const [width, height] = [head.getUint32(16), head.getUint32(20)];
  const [depth, colour, interlaced] = [head.getUint8(24), head.getUint8(25), head.getUint8(28)];
  if (depth !== DEPTH || colour !== 0 || interlaced !== 0 || width * height === 0 || width * height > most) return null;
  const rows = await inflated(pixelChunks(new DataView(await file.arrayBuffer())), height * (1 + BYTES * width));
  if (!rows || !unfiltered(rows, BYTES * width)) return null;
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  // As NumPy does it, in single precision.
  const scale = Math.fround(255 / (high - low));
  for (let row = 0, pixel = 0; row < height; row++) {
    for (let at = row * (1 + BYTES * width) + 1, column = 0; column < width; column++, at += BYTES, pixel++) {
      const value = Math.fround((rows[at]! << 8) | rows[at + 1]!);
      // A clamped array rounds halves to even.
      data.fill(Math.fround(Math.fround(value - Math.fround(low)) * scale), 4 * pixel, 4 * pixel + 3);
    }
  }
  return { data, width, height, levels: [0, 255] };
}

function pixelChunks(file: DataView): Blob {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 8; at + 8 <= file.byteLength; ) {
    const length = file.getUint32(at);
    const name = String.fromCharCode(...new Uint8Array(file.buffer, at + 4, 4));
    if (name === "IDAT") parts.push(new Uint8Array(file.buffer as ArrayBuffer, at + 8, Math.min(length, file.byteLength - at - 8)));
    at += length + 12;
  }
  return new Blob(parts);
}

/** As many bytes as are wanted; null where there are fewer or more. */
async function inflated(packed: Blob, size: number): Promise<Uint8Array | null> {
  const whole = new Uint8Array(size);
  let at = 0;
  const reader = packed.stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (at + part.value.length > size) {
        await reader.cancel();
        return null;
      }
      whole.set(part.value, at);
      at += part.value.length;
    }
  } catch {
    return null; // the browser's own reader says what is wrong with it
  }
  return at === size ? whole : null;
}

/** Takes every row's filter off, in place; false where there is an unknown one. */
function unfiltered(rows: Uint8Array, length: number): boolean {
  const stride = length + 1;
  for (let start = 0; start < rows.length; start += stride) {
    const filter = rows[start]!;
    if (filter > 4) return false;
    for (let at = start + 1; at < start + stride; at++) {
      const left = at > start + BYTES ? rows[at - BYTES]! : 0;
      const above = start > 0 ? rows[at - stride]! : 0;
      const corner = start > 0 && at > start + BYTES ? rows[at - stride - BYTES]! : 0;
      rows[at]! += predicted(filter, left, above, corner);
    }
  }
  return true;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  switch (filter) {
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return (left + above) >> 1;
    case 4:
      return paeth(left, above, corner);
    default:
      return 0;
  }
}

/** Of left, above and the corner between them, whichever is nearest to left + above − corner. */
function paeth(left: number, above: number, corner: number): number {
  const [toLeft, toAbove, toCorner] = [Math.abs(above - corner), Math.abs(left - corner), Math.abs(left + above - 2 * corner)];
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

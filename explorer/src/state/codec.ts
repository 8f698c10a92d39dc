/** A link may be cut by what it passes through when it is longer than this, in characters. */
export const LONGEST_LINK = 2000;

/** A value of JSON and some arrays of bytes as one URL-safe string. */
export function encodeText(value: unknown, blobs: readonly Uint8Array[]): string {
  const head = new TextEncoder().encode(JSON.stringify([value, blobs.map(({ length }) => length)]));
  const bytes = new Uint8Array(head.length + 1 + blobs.reduce((sum, { length }) => sum + length, 0));
  bytes.set(head);
  let offset = head.length + 1; // JSON has no zero byte: the first one ends it
  for (const blob of blobs) {
    bytes.set(blob, offset);
    offset += blob.length;
  }
  return toBase64Url(bytes);
}

/** What `encodeText` was given; null for what it cannot have written. */
export function decodeText(text: string): { readonly value: unknown; readonly blobs: readonly Uint8Array[] } | null {
  const bytes = fromBase64Url(text);
  const end = bytes?.indexOf(0) ?? -1;
  if (!bytes || end < 0) return null;
  const head = parsed(bytes.subarray(0, end));
  if (!Array.isArray(head) || head.length !== 2 || !Array.isArray(head[1])) return null;
  const blobs: Uint8Array[] = [];
  let offset = end + 1;
  for (const length of head[1] as unknown[]) {
    if (!whole(length, 0, bytes.length - offset)) return null;
    blobs.push(bytes.slice(offset, offset + length));
    offset += length;
  }
  return offset === bytes.length ? { value: head[0], blobs } : null;
}

export const bytesOfFloats = (values: Float32Array): Uint8Array => new Uint8Array(values.slice().buffer);

/** Finite numbers of a known count, or null. */
export function floatsOfBytes(bytes: Uint8Array | undefined, count: number): Float32Array | null {
  if (bytes?.length !== 4 * count) return null;
  const values = new Float32Array(bytes.slice().buffer);
  return values.every(Number.isFinite) ? values : null;
}

/** Rising indices as their differences, seven bits a byte. */
export function bytesOfIndices(indices: Uint32Array): Uint8Array {
  const bytes: number[] = [];
  let before = -1;
  for (const index of indices.slice().sort()) {
    let step = index - before - 1;
    before = index;
    for (; step > 127; step = Math.floor(step / 128)) bytes.push(128 | (step & 127));
    bytes.push(step);
  }
  return Uint8Array.from(bytes);
}

/** Rising indices below `count`, or null. */
export function indicesOfBytes(bytes: Uint8Array | undefined, count: number): Uint32Array | null {
  const indices: number[] = [];
  let index = -1;
  let step = 0;
  let scale = 1;
  for (const byte of bytes ?? []) {
    step += (byte & 127) * scale;
    scale *= 128;
    if (byte > 127) continue;
    index += step + 1;
    if (index >= count) return null;
    indices.push(index);
    [step, scale] = [0, 1];
  }
  return bytes && scale === 1 ? Uint32Array.from(indices) : null;
}

export const within = (value: unknown, least: number, most: number): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= least && value <= most;

export const whole = (value: unknown, least: number, most: number): value is number => within(value, least, most) && Number.isInteger(value);

/** Farther from a map's origin, in its units, nothing can be shown. */
const FARTHEST = 1e9;

/** Whether something is a coordinate on a map. */
export const placed = (value: unknown): value is number => within(value, -FARTHEST, FARTHEST);

/** The word at a place of a list. */
export function wordAt<Word>(list: readonly Word[], place: unknown): Word | undefined {
  return whole(place, 0, list.length - 1) ? list[place] : undefined;
}

/** The middle of what is seen of a map, and how large. */
export interface SeenView {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

/** A view of three numbers, or null for null; undefined for what is no view. */
export function viewOf(value: unknown): SeenView | null | undefined {
  if (value === null) return null;
  if (!Array.isArray(value) || value.length !== 3 || !value.every(placed)) return undefined;
  const [x, y, zoom] = value as [number, number, number];
  return zoom > 0 ? { x, y, zoom } : undefined;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch {
    return null; // cut short or made up
  }
}

function toBase64Url(bytes: Uint8Array): string {
  let letters = "";
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: string): Uint8Array | null {
  if (!/^[\w-]+$/.test(text) || text.length % 4 === 1) return null;
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

import type { Position } from "../base/geometry";

/** A place in the explorer, as a link names it. */
export interface SharedPlace {
  /** The first 8 hex digits of the decoder file's hash. */
  readonly model: string;
  readonly latent: Float32Array;
  readonly position: Position;
  /** The data point that the probe is on. */
  readonly point: number | null;
  /** The middle of what is seen, and how large. */
  readonly view: { readonly x: number; readonly y: number; readonly zoom: number };
  /** How the map was made, in plain ASCII. */
  readonly method: string;
}

const VERSION = 1;
const NO_POINT = 0xffffffff;
/** Bytes: version, model (4), point (4), position (8), view (12), dimensions of the latent (2), letters of the method. */
const HEAD = 32;

/** A URL-safe string of a place; its numbers are kept as float32. */
export function encodePlace({ model, latent, position, point, view, method }: SharedPlace): string {
  const bytes = new DataView(new ArrayBuffer(HEAD + method.length + 4 * latent.length));
  bytes.setUint8(0, VERSION);
  bytes.setUint32(1, Number.parseInt(model, 16));
  bytes.setUint32(5, point ?? NO_POINT);
  [position.x, position.y, view.x, view.y, view.zoom].forEach((value, slot) => bytes.setFloat32(9 + 4 * slot, value));
  bytes.setUint16(29, latent.length);
  bytes.setUint8(31, method.length);
  for (let index = 0; index < method.length; index++) bytes.setUint8(HEAD + index, method.charCodeAt(index));
  latent.forEach((value, dimension) => bytes.setFloat32(HEAD + method.length + 4 * dimension, value));
  return toBase64Url(new Uint8Array(bytes.buffer));
}

/** The place that a string names; null for what `encodePlace` cannot have written. */
export function decodePlace(text: string): SharedPlace | null {
  const raw = fromBase64Url(text);
  if (!raw || raw.length < HEAD) return null;
  const bytes = new DataView(raw.buffer);
  const letters = bytes.getUint8(31);
  const dimensions = bytes.getUint16(29);
  if (bytes.getUint8(0) !== VERSION || raw.length !== HEAD + letters + 4 * dimensions) return null;
  const method = String.fromCharCode(...raw.subarray(HEAD, HEAD + letters));
  const [x, y, viewX, viewY, zoom] = floats(bytes, 9, 5) as [number, number, number, number, number];
  const latent = Float32Array.from(floats(bytes, HEAD + letters, dimensions));
  const finite = [x, y, viewX, viewY, zoom, ...latent].every(Number.isFinite);
  if (!finite || zoom <= 0 || !/^[ -~]*$/.test(method)) return null;
  const point = bytes.getUint32(5);
  return {
    model: bytes.getUint32(1).toString(16).padStart(8, "0"),
    latent,
    position: { x, y },
    point: point === NO_POINT ? null : point,
    view: { x: viewX, y: viewY, zoom },
    method,
  };
}

function floats(bytes: DataView, start: number, count: number): number[] {
  return Array.from({ length: count }, (_, slot) => bytes.getFloat32(start + 4 * slot));
}

function toBase64Url(bytes: Uint8Array): string {
  const letters = btoa(String.fromCharCode(...bytes));
  return letters.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: string): Uint8Array | null {
  if (!/^[\w-]+$/.test(text) || text.length % 4 === 1) return null;
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

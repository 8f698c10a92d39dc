/** Bytes that are not what they ought to be; the words say where. */
export class Damaged extends Error {}

/** How a field's value lies on the wire. */
const VARINT = 0;
const EIGHT_BYTES = 1;
const LENGTH = 2;
const FOUR_BYTES = 5;

const TWO_TO_32 = 2 ** 32;
const LONGEST_VARINT = 10;

/** The value of a field: a number, or the bytes of a string, of a message or of numbers one after the other. */
export type Value = number | Uint8Array;

/** Reads a message of Protocol Buffers; it never looks past the message's end, and every step takes it further. */
class Reader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  take(count: number): Uint8Array {
    if (count > this.bytes.length - this.at) throw new Damaged("it ends in the middle of a field");
    const start = this.at;
    this.at += count;
    return this.bytes.subarray(start, this.at);
  }

  /** A whole number of 64 bits with its sign, to the 53 bits of precision that a number has. */
  varint(): number {
    let low = 0;
    let high = 0;
    for (let read = 0; read < LONGEST_VARINT; read++) {
      const byte = this.take(1)[0]!;
      const bits = byte & 0x7f;
      const shift = 7 * read;
      if (shift < 28) low += bits * 2 ** shift;
      else if (shift === 28) {
        low += (bits & 0xf) * 2 ** 28;
        high += bits >> 4;
      } else high += bits * 2 ** (shift - 32);
      if (byte < 0x80) return (high | 0) * TWO_TO_32 + low;
    }
    throw new Damaged("one of its numbers has no end");
  }
}

/** The fields of a message in the order in which they come, by their numbers. */
export function* fields(message: Uint8Array): Generator<[field: number, value: Value]> {
  const reader = new Reader(message);
  while (!reader.done) {
    const key = reader.varint();
    const field = Math.floor(key / 8);
    const kind = key & 7;
    if (kind === VARINT) yield [field, reader.varint()];
    else if (kind === LENGTH) yield [field, reader.take(unsigned(reader.varint()))];
    else if (kind === EIGHT_BYTES) yield [field, reader.take(8)];
    else if (kind === FOUR_BYTES) yield [field, reader.take(4)];
    else throw new Damaged(`a field is of the unknown kind ${kind}`);
  }
}

function unsigned(length: number): number {
  if (length < 0) throw new Damaged("a field has a negative length");
  return length;
}

/** Whole numbers one after the other. */
export function varints(bytes: Uint8Array): number[] {
  const reader = new Reader(bytes);
  const numbers: number[] = [];
  while (!reader.done) numbers.push(reader.varint());
  return numbers;
}

export function asBytes(value: Value): Uint8Array {
  if (typeof value === "number") throw new Damaged("a number stands where bytes ought to");
  return value;
}

export function asNumber(value: Value): number {
  if (typeof value !== "number") throw new Damaged("bytes stand where a number ought to");
  return value;
}

/** A repeated whole number comes one a field, or many in one. */
export function asNumbers(value: Value): number[] {
  return typeof value === "number" ? [value] : varints(value);
}

export function asText(value: Value): string {
  return new TextDecoder().decode(asBytes(value));
}

/** Numbers of 32 bits with a fraction, little-endian. */
export function asFloats(value: Value): Float32Array {
  const bytes = asBytes(value);
  if (bytes.length % 4) throw new Damaged("a fraction is cut off");
  return new Float32Array(bytes.slice().buffer);
}

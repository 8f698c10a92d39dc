/** The value of an IEEE 754 half-precision number given by its 16 bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Many numbers at once, by a table of all there are. */
export function halvesToNumbers(bits: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 1 << 16 }, (_, half) => halfToNumber(half));
  const numbers = new Float32Array(bits.length);
  for (let index = 0; index < bits.length; index++) numbers[index] = table[bits[index]!]!;
  return numbers;
}

let table: Float32Array | null = null;

/** Rows of float16 kept as they came, each widened when it is asked for. */
export class HalfMatrix {
  constructor(
    private readonly bits: Uint16Array,
    readonly columns: number,
  ) {}

  /** Whether none of the numbers is infinite or NaN: those have all bits of the exponent set. */
  get isFinite(): boolean {
    for (let index = 0; index < this.bits.length; index++) if ((this.bits[index]! & 0x7c00) === 0x7c00) return false;
    return true;
  }

  floats(): Float32Array {
    return halvesToNumbers(this.bits);
  }

  row(index: number): Float32Array {
    const start = index * this.columns;
    return Float32Array.from(this.bits.subarray(start, start + this.columns), halfToNumber);
  }
}

/** One channel, row by row, 0 to 1. */
export interface Plane {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** A part of a plane, in pixels; it may begin and end between two of them. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Pixels of a line that make up one pixel of the scaled line, from `first` on. */
interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** A part of a plane at another size: the mean over what each pixel covers, or bilinear where it covers less than one. */
export function resampled(plane: Plane, box: Box, columns: number, rows: number): Plane {
  const { values, width, height } = plane;
  const across = tapsOf(width, box.left, box.width / columns, columns);
  const down = tapsOf(height, box.top, box.height / rows, rows);
  const narrow = new Float32Array(height * columns);
  for (let row = 0; row < height; row++) {
    across.forEach(({ first, weights }, column) => {
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++) sum += weights[tap]! * values[row * width + first + tap]!;
      narrow[row * columns + column] = sum;
    });
  }
  const small = new Float32Array(rows * columns);
  down.forEach(({ first, weights }, row) => {
    for (let tap = 0; tap < weights.length; tap++) {
      for (let column = 0; column < columns; column++) {
        small[row * columns + column]! += weights[tap]! * narrow[(first + tap) * columns + column]!;
      }
    }
  });
  return { values: small, width: columns, height: rows };
}

/** For `count` pixels of a scaled line, each `step` pixels of the old one wide; beyond the old line there is nothing. */
function tapsOf(length: number, start: number, step: number, count: number): Taps[] {
  return Array.from({ length: count }, (_, index) => {
    const low = Math.max(0, start + index * step);
    const high = Math.min(length, start + (index + 1) * step);
    const covered = Math.max(0, high - low) / step;
    if (step < 1) return bilinearTaps(length, start + (index + 0.5) * step, covered);
    const first = Math.min(length, Math.floor(low));
    const weights = Array.from({ length: Math.max(0, Math.ceil(high) - first) }, (_, tap) => {
      const pixel = first + tap;
      return Math.max(0, Math.min(high, pixel + 1) - Math.max(low, pixel)) / step;
    });
    return { first, weights };
  });
}

function bilinearTaps(length: number, middle: number, covered: number): Taps {
  const first = Math.floor(middle - 0.5);
  const second = middle - 0.5 - first;
  if (first < 0) return { first: 0, weights: [covered] };
  if (first + 1 >= length) return { first: length - 1, weights: [covered] };
  return { first, weights: [covered * (1 - second), covered * second] };
}

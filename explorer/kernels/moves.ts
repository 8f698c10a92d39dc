// What changes numbers where they are, or only their places.

import { activated, exponential } from "./arithmetic";

/**
 * Up to three tensors number by number. A step of 16 goes along with the output; one of 0 stays with the same four numbers.
 * A truth is 1 or 0.
 */
export function combine(kind: i32, x: usize, xStep: usize, y: usize, yStep: usize, z: usize, zStep: usize, output: usize, bytes: usize): void {
  for (const end = output + bytes; output < end; output += 16) {
    const a = v128.load(x);
    const b = v128.load(y);
    const c = v128.load(z);
    let made = a;
    if (kind == 0) made = f32x4.add(a, b);
    else if (kind == 1) made = f32x4.sub(a, b);
    else if (kind == 2) made = f32x4.mul(a, b);
    else if (kind == 3) made = f32x4.div(a, b);
    else if (kind == 4) made = v128.and(f32x4.lt(a, b), f32x4.splat(1));
    else if (kind == 5) made = v128.bitselect(b, c, f32x4.ne(a, f32x4.splat(0)));
    else if (kind == 6) made = f32x4.pmin(f32x4.pmax(a, b), c);
    else if (kind == 7) made = f32x4.abs(a);
    else if (kind == 8) made = f32x4.neg(a);
    else if (kind == 9) made = f32x4.div(f32x4.splat(1), a);
    else made = exponential(a);
    v128.store(output, made);
    x += xStep;
    y += yStep;
    z += zStep;
  }
}

/** `bytes` is a multiple of 16. */
export function activate(input: usize, output: usize, bytes: usize, kind: i32): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(output + at, activated(v128.load(input + at), kind));
}

/** Planes, one a channel, into pixels with their channels side by side; `row` and `pixel` are the map's, in bytes. */
export function interleave(input: usize, output: usize, row: usize, pixel: usize, rows: i32, columns: i32, channels: i32): void {
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < rows; y++) {
      let at = output + <usize>y * row + (<usize>channel << 2);
      for (let x = 0; x < columns; x++) {
        f32.store(at, f32.load(input));
        at += pixel;
        input += 4;
      }
    }
  }
}

/** The way back. */
export function separate(input: usize, output: usize, row: usize, pixel: usize, rows: i32, columns: i32, channels: i32): void {
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < rows; y++) {
      let at = input + <usize>y * row + (<usize>channel << 2);
      for (let x = 0; x < columns; x++) {
        f32.store(output, f32.load(at));
        at += pixel;
        output += 4;
      }
    }
  }
}

/**
 * A map of another size from the nearest pixels: `sources` holds for every row, then for every column of the output, in
 * 32 bits, how far into the input its pixel's row or column begins.
 */
export function spread(input: usize, output: usize, sources: usize, row: usize, pixel: usize, rows: i32, columns: i32): void {
  const across = sources + (<usize>rows << 2);
  for (let y = 0; y < rows; y++) {
    const from = input + <usize>load<u32>(sources + (<usize>y << 2));
    let to = output + <usize>y * row;
    for (let x = 0; x < columns; x++) {
      let at = from + <usize>load<u32>(across + (<usize>x << 2));
      for (const end = at + pixel; at < end; at += 16) {
        v128.store(to, v128.load(at));
        to += 16;
      }
    }
  }
}

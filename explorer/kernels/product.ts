// The one product that all layers are: of every pixel, the sum over `taps` rows of `length` numbers each that lie side by
// side, times weights. A 3×3 convolution over pixels with their channels side by side has three rows of 3·channels
// numbers; a linear layer has one row and one pixel.
//
// Weights lie in the order in which they are read: by eight outputs, by row, by number, and the eight side by side.

import { activated, multiplyAdd, sums } from "./arithmetic";

/** Four outputs on their way to memory. `residual` and `raw` are distances from the output, in bytes; 0 stands for none. */
function finish(sum: v128, output: usize, residual: usize, raw: usize, kind: i32): void {
  if (residual) sum = f32x4.add(sum, v128.load(output + residual));
  if (raw) v128.store(output + raw, sum);
  v128.store(output, activated(sum, kind));
}

/** Eight outputs of one pixel, four numbers of a row at a time, since sums that wait for each other are slow. */
function onePixel(
  input: usize,
  inRow: usize,
  weights: usize,
  bias: usize,
  output: usize,
  taps: i32,
  length: usize,
  half: bool,
  residual: usize,
  raw: usize,
  kind: i32,
): void {
  let a0 = v128.load(bias);
  let a1 = v128.load(bias, 16);
  let b0 = f32x4.splat(0);
  let b1 = b0;
  let c0 = b0;
  let c1 = b0;
  let d0 = b0;
  let d1 = b0;
  let w = weights;
  for (let tap = 0; tap < taps; tap++) {
    const end = input + length;
    for (let x = input; x < end; x += 16) {
      const x0 = v128.load32_splat(x);
      a0 = multiplyAdd(x0, v128.load(w), a0);
      a1 = multiplyAdd(x0, v128.load(w, 16), a1);
      const x1 = v128.load32_splat(x, 4);
      b0 = multiplyAdd(x1, v128.load(w, 32), b0);
      b1 = multiplyAdd(x1, v128.load(w, 48), b1);
      const x2 = v128.load32_splat(x, 8);
      c0 = multiplyAdd(x2, v128.load(w, 64), c0);
      c1 = multiplyAdd(x2, v128.load(w, 80), c1);
      const x3 = v128.load32_splat(x, 12);
      d0 = multiplyAdd(x3, v128.load(w, 96), d0);
      d1 = multiplyAdd(x3, v128.load(w, 112), d1);
      w += 128;
    }
    input += inRow;
  }
  finish(f32x4.add(f32x4.add(a0, b0), f32x4.add(c0, d0)), output, residual, raw, kind);
  if (!half) finish(f32x4.add(f32x4.add(a1, b1), f32x4.add(c1, d1)), output + 16, residual, raw, kind);
}

/**
 * All distances are in bytes. `inPixel` lies between the inputs of two neighbouring outputs (twice a pixel at stride 2),
 * `outPixel` between those outputs (twice a pixel where every other one is made); `length` is that of a row, a multiple
 * of 16; `vectors` counts outputs by four.
 */
export function product(
  input: usize,
  inRow: usize,
  inStep: usize,
  inPixel: usize,
  weights: usize,
  bias: usize,
  output: usize,
  outStep: usize,
  outPixel: usize,
  rows: i32,
  columns: i32,
  taps: i32,
  length: usize,
  vectors: i32,
  residual: usize,
  raw: usize,
  kind: i32,
): void {
  const pixels = rows * columns;
  const weightsOfBlock = <usize>taps * length * 8;
  for (let done = 0; done < vectors; done += 2) {
    const half = vectors - done == 1;
    let row: usize = 0;
    let column = 0;
    let pixel = 0;
    for (; pixel + 4 <= pixels; pixel += 4) {
      let x0 = input + row * inStep + <usize>column * inPixel;
      const y0 = output + row * outStep + <usize>column * outPixel;
      if (++column == columns) (column = 0), row++;
      let x1 = input + row * inStep + <usize>column * inPixel;
      const y1 = output + row * outStep + <usize>column * outPixel;
      if (++column == columns) (column = 0), row++;
      let x2 = input + row * inStep + <usize>column * inPixel;
      const y2 = output + row * outStep + <usize>column * outPixel;
      if (++column == columns) (column = 0), row++;
      let x3 = input + row * inStep + <usize>column * inPixel;
      const y3 = output + row * outStep + <usize>column * outPixel;
      if (++column == columns) (column = 0), row++;
      let a0 = v128.load(bias);
      let b0 = a0;
      let c0 = a0;
      let d0 = a0;
      let a1 = v128.load(bias, 16);
      let b1 = a1;
      let c1 = a1;
      let d1 = a1;
      let w = weights;
      for (let tap = 0; tap < taps; tap++) {
        const end = w + length * 8;
        for (; w < end; w += 32) {
          const w0 = v128.load(w);
          const w1 = v128.load(w, 16);
          const a = v128.load32_splat(x0);
          a0 = multiplyAdd(a, w0, a0);
          a1 = multiplyAdd(a, w1, a1);
          const b = v128.load32_splat(x1);
          b0 = multiplyAdd(b, w0, b0);
          b1 = multiplyAdd(b, w1, b1);
          const c = v128.load32_splat(x2);
          c0 = multiplyAdd(c, w0, c0);
          c1 = multiplyAdd(c, w1, c1);
          const d = v128.load32_splat(x3);
          d0 = multiplyAdd(d, w0, d0);
          d1 = multiplyAdd(d, w1, d1);
          x0 += 4;
          x1 += 4;
          x2 += 4;
          x3 += 4;
        }
        x0 += inRow - length;
        x1 += inRow - length;
        x2 += inRow - length;
        x3 += inRow - length;
      }
      finish(a0, y0, residual, raw, kind);
      finish(b0, y1, residual, raw, kind);
      finish(c0, y2, residual, raw, kind);
      finish(d0, y3, residual, raw, kind);
      if (half) continue;
      finish(a1, y0 + 16, residual, raw, kind);
      finish(b1, y1 + 16, residual, raw, kind);
      finish(c1, y2 + 16, residual, raw, kind);
      finish(d1, y3 + 16, residual, raw, kind);
    }
    for (; pixel < pixels; pixel++) {
      const x = input + row * inStep + <usize>column * inPixel;
      const y = output + row * outStep + <usize>column * outPixel;
      if (++column == columns) (column = 0), row++;
      onePixel(x, inRow, weights, bias, y, taps, length, half, residual, raw, kind);
    }
    weights += weightsOfBlock;
    bias += 32;
    output += 32;
  }
}

/**
 * The same for few outputs, such as an image's colours: each is summed along its rows and makes a plane of its own.
 * Weights lie by output, by row, by number. The planes are written by four pixels, the last four maybe twice over.
 */
export function planes(
  input: usize,
  inRow: usize,
  inStep: usize,
  inPixel: usize,
  weights: usize,
  bias: usize,
  output: usize,
  rows: i32,
  columns: i32,
  taps: i32,
  length: usize,
  outputs: i32,
  kind: i32,
): void {
  const pixels = rows * columns;
  for (let plane = 0; plane < outputs; plane++) {
    for (let first = 0; first < pixels; first += 4) {
      const start = first + 4 <= pixels ? first : max(pixels - 4, 0);
      let x0 = input + <usize>(start / columns) * inStep + <usize>(start % columns) * inPixel;
      let x1 = input + <usize>((start + 1) / columns) * inStep + <usize>((start + 1) % columns) * inPixel;
      let x2 = input + <usize>((start + 2) / columns) * inStep + <usize>((start + 2) % columns) * inPixel;
      let x3 = input + <usize>((start + 3) / columns) * inStep + <usize>((start + 3) % columns) * inPixel;
      let a = f32x4.splat(0);
      let b = a;
      let c = a;
      let d = a;
      let w = weights;
      for (let tap = 0; tap < taps; tap++) {
        const end = w + length;
        for (; w < end; w += 16) {
          const w0 = v128.load(w);
          a = multiplyAdd(v128.load(x0), w0, a);
          b = multiplyAdd(v128.load(x1), w0, b);
          c = multiplyAdd(v128.load(x2), w0, c);
          d = multiplyAdd(v128.load(x3), w0, d);
          x0 += 16;
          x1 += 16;
          x2 += 16;
          x3 += 16;
        }
        x0 += inRow - length;
        x1 += inRow - length;
        x2 += inRow - length;
        x3 += inRow - length;
      }
      const sum = f32x4.add(sums(a, b, c, d), v128.load32_splat(bias));
      v128.store(output + (<usize>start << 2), activated(sum, kind));
    }
    weights += <usize>taps * length;
    bias += 4;
    output += <usize>pixels << 2;
  }
}

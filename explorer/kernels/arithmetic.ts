// Four numbers at a time: what the kernels are made of.

/** x·y + a, rounded once where the browser's relaxed SIMD lets it be. */
// @ts-ignore: a decorator of AssemblyScript's
@inline
export function multiplyAdd(x: v128, y: v128, a: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, y, a);
  return f32x4.add(f32x4.mul(x, y), a);
}

/** The sums of four vectors' numbers, one a lane. */
export function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(f32x4.shuffle(a, b, 0, 1, 4, 5), f32x4.shuffle(a, b, 2, 3, 6, 7));
  const cd = f32x4.add(f32x4.shuffle(c, d, 0, 1, 4, 5), f32x4.shuffle(c, d, 2, 3, 6, 7));
  return f32x4.add(f32x4.shuffle(ab, cd, 0, 2, 4, 6), f32x4.shuffle(ab, cd, 1, 3, 5, 7));
}

/** So large that a number added to it loses its fraction, and its last bits are that whole number. */
const ROUNDING: f32 = 12582912;

/**
 * e^x within two units in the last place (Cody and Waite's reduction, Cephes' polynomial); x is kept between −87.3 and
 * 88.3. `pmin` and `pmax` are one instruction each, where `min` and `max` are several.
 */
export function exponential(x: v128): v128 {
  const kept = f32x4.pmax(f32x4.pmin(x, f32x4.splat(88.3)), f32x4.splat(-87.3));
  const shifted = multiplyAdd(kept, f32x4.splat(1.44269504), f32x4.splat(ROUNDING));
  const whole = f32x4.sub(shifted, f32x4.splat(ROUNDING));
  let r = multiplyAdd(whole, f32x4.splat(-0.693359375), kept);
  r = multiplyAdd(whole, f32x4.splat(2.12194440e-4), r);
  let p = multiplyAdd(r, f32x4.splat(1.9875691500e-4), f32x4.splat(1.3981999507e-3));
  p = multiplyAdd(p, r, f32x4.splat(8.3334519073e-3));
  p = multiplyAdd(p, r, f32x4.splat(4.1665795894e-2));
  p = multiplyAdd(p, r, f32x4.splat(1.6666665459e-1));
  p = multiplyAdd(p, r, f32x4.splat(0.5));
  p = f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), f32x4.splat(1));
  return f32x4.mul(p, i32x4.add(i32x4.shl(shifted, 23), f32x4.splat(1)));
}

/** What follows a layer, by its number: 0 nothing, 1 ReLU, 2 SiLU, 3 the logistic function. */
export function activated(x: v128, kind: i32): v128 {
  if (kind == 0) return x;
  if (kind == 1) return f32x4.pmax(x, f32x4.splat(0));
  const below = f32x4.add(exponential(f32x4.neg(x)), f32x4.splat(1));
  return f32x4.div(kind == 2 ? x : f32x4.splat(1), below);
}

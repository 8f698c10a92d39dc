import assert from "node:assert/strict";
import { test } from "node:test";
import { fromOklch } from "../src/page/oklch";
import { limits, ramp, rampColors, rampGradient } from "../src/page/ramps";
import { toWord } from "../src/page/palette";
import type { Rgb } from "../src/page/theme";

type Matrix = readonly (readonly [number, number, number])[];

/** What the dichromat sees of linear-light sRGB: G. Machado, M. Oliveira, L. Fernandes, 2009, severity 1. */
const SIGHTS: Readonly<Record<string, Matrix>> = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
const TO_CONES: Matrix = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
const TO_OKLAB: Matrix = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];
const times = (matrix: Matrix, [a, b, c]: readonly number[]): number[] => matrix.map(([x, y, z]) => x * a! + y * b! + z * c!);
const linear = (byte: number): number => (byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
const bound = (value: number): number => Math.min(1, Math.max(0, value));

/** Lightness, a and b in Oklab. */
function seen(color: Rgb, sight: Matrix = SIGHTS["normal"]!): number[] {
  const light = times(sight, color.map(linear)).map(bound);
  return times(TO_OKLAB, times(TO_CONES, light).map(Math.cbrt));
}
const apart = (a: readonly number[], b: readonly number[]): number => Math.hypot(...a.map((value, axis) => value - b[axis]!));

/** Every 17th colour: between neighbours the rounding to bytes would weigh as much as the step. */
const sparse = (colors: readonly Rgb[]): Rgb[] => colors.filter((_, entry) => entry % 17 === 0);

for (const dark of [false, true]) {
  const theme = dark ? "dark" : "light";
  for (const [name, sight] of Object.entries(SIGHTS)) {
    test(`large values stand out, and lightness alone tells the order (${theme}, ${name})`, () => {
      const lights = sparse(ramp({ diverging: false, dark })).map((color) => seen(color, sight)[0]!);
      const away = dark ? lights : lights.map((light) => 1 - light);
      away.slice(1).forEach((light, step) => assert.ok(light - away[step]! > 0.015, `step ${step}: ${light - away[step]!}`));
    });

    test(`the two ends of the diverging ramp, and either from the middle, are apart (${theme}, ${name})`, () => {
      const colors = ramp({ diverging: true, dark });
      const [low, middle, high] = [colors[0]!, colors[128]!, colors[255]!].map((color) => seen(color, sight));
      for (const distance of [apart(low!, high!), apart(low!, middle!), apart(middle!, high!)]) assert.ok(distance > 0.15, `${distance}`);
    });
  }

  for (const diverging of [false, true]) {
    test(`steps look alike (${theme}, ${diverging ? "diverging" : "sequential"})`, () => {
      const colors = ramp({ diverging, dark });
      // A diverging ramp turns round in the middle.
      const parts = diverging ? [colors.slice(0, 128), colors.slice(128)] : [colors];
      const steps = parts.flatMap((part) => {
        const labs = sparse(part).map((color) => seen(color));
        return labs.slice(1).map((lab, step) => apart(lab, labs[step]!));
      });
      const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
      for (const step of steps) assert.ok(Math.abs(step / mean - 1) < 0.2, `${step} where the mean is ${mean}`);
    });
  }

  test(`the sign of a value is in the hue only: as far from 0 is as light (${theme})`, () => {
    const colors = ramp({ diverging: true, dark });
    for (let entry = 0; entry < 128; entry += 8) {
      assert.ok(Math.abs(seen(colors[entry]!)[0]! - seen(colors[255 - entry]!)[0]!) < 0.01);
    }
    const [, a, b] = seen(colors[128]!);
    assert.ok(Math.hypot(a!, b!) < 0.01);
  });
}

test("values take the colour of their place between the limits, those beyond the limit's", () => {
  const style = { diverging: false, dark: true };
  const colors = ramp(style).map(toWord);
  const painted = rampColors(Float32Array.of(-9, 0, 5, 10, 99, NaN, Infinity), { low: 0, high: 10, ...style });
  assert.deepEqual([...painted], [colors[0], colors[0], colors[128], colors[255], colors[255], 0xff888888, colors[255]]);
  assert.deepEqual([...rampColors(Float32Array.of(3), { low: 3, high: 3, ...style })], [colors[128]]);
});

test("limits leave out one in a hundred at each end, and are the same either way for signed values", () => {
  const values = Float32Array.from({ length: 1001 }, (_, index) => (index === 0 ? 1e6 : index - 400));
  values[500] = NaN;
  const { low, high } = limits(values, false);
  assert.ok(Math.abs(low - -390) < 3 && Math.abs(high - 590) < 3, `${low} to ${high}`);
  assert.deepEqual(limits(values, true), { low: -high, high });
  assert.deepEqual(limits(new Float32Array(0), false), { low: 0, high: 1 });
});

test("the legend's gradient runs from the first colour to the last", () => {
  const gradient = rampGradient({ diverging: true, dark: false });
  const [first, last] = [ramp({ diverging: true, dark: false })[0]!, ramp({ diverging: true, dark: false })[255]!];
  assert.ok(gradient.startsWith(`linear-gradient(to right, rgb(${first.join(" ")}),`));
  assert.ok(gradient.endsWith(`rgb(${last.join(" ")}))`));
});

test("Oklch gives back the lightness, chroma and hue that it was asked for", () => {
  const [light, a, b] = seen(fromOklch(0.6, 0.1, 250));
  assert.ok(Math.abs(light! - 0.6) < 0.003);
  assert.ok(Math.abs(Math.hypot(a!, b!) - 0.1) < 0.003);
  assert.ok(Math.abs(((Math.atan2(b!, a!) * 180) / Math.PI + 360) % 360 - 250) < 1.5);
  assert.deepEqual(fromOklch(1, 0, 0), [255, 255, 255]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { classColors, toCss, toWord } from "../src/page/palette";
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
/** Least distance in Oklab at which small dots still look different; neighbouring greys of a 10-step ramp are 0.1 apart. */
const APART = 0.08;

const times = (matrix: Matrix, [a, b, c]: readonly number[]): number[] => matrix.map(([x, y, z]) => x * a! + y * b! + z * c!);
const linear = (byte: number): number => (byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
const bound = (value: number): number => Math.min(1, Math.max(0, value));

function seen(color: Rgb, sight: Matrix): number[] {
  const light = times(sight, color.map(linear)).map(bound);
  return times(TO_OKLAB, times(TO_CONES, light).map(Math.cbrt));
}

for (const dark of [false, true]) {
  for (const [name, sight] of Object.entries(SIGHTS)) {
    test(`ten classes stay apart in the ${dark ? "dark" : "light"} theme for ${name} sight`, () => {
      const colors = classColors(10, dark).map((color) => seen(color, sight));
      colors.forEach((color, index) => {
        for (const other of colors.slice(index + 1)) {
          const distance = Math.hypot(...color.map((value, axis) => value - other[axis]!));
          assert.ok(distance > APART, `class ${index} is ${distance.toFixed(3)} from another`);
        }
      });
    });
  }
}

test("there is a colour of its own for each of many classes", () => {
  for (const count of [1, 11, 47, 62]) {
    const colors = classColors(count, false).map(toCss);
    assert.equal(new Set(colors).size, count);
  }
});

test("a word holds blue, green and red from the highest byte down, opaque", () => {
  assert.equal(toWord([0x11, 0x22, 0x33]), 0xff332211);
});

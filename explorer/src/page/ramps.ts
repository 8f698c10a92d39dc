import { clamp } from "../base/geometry";
import { fromOklab, type Oklch } from "./oklch";
import { toCss, toWord } from "./palette";
import type { Rgb } from "./theme";

/** What a ramp is to look like. */
export interface RampStyle {
  /** Two hues either way from a neutral middle, for values with a sign. */
  readonly diverging: boolean;
  /** For a dark background. */
  readonly dark: boolean;
}

/** The values that a ramp spans, from its first colour to its last. */
export interface Limits {
  readonly low: number;
  readonly high: number;
}

const SIZE = 256;
const GRADIENT_STOPS = 17;
/** The share of the values beyond the limits, at each end: outliers would leave the rest one colour. */
const BEYOND = 0.01;

const oklch = (light: number, chroma: number, hue: number): Oklch => ({ light, chroma, hue });

/**
 * Colours that the ramps pass through, from low to high. The further a value is from the low end (or from the middle),
 * the further its lightness is from the background's: the order shows without hue, to any kind of colour blindness.
 */
const SEQUENTIAL = {
  light: [oklch(0.88, 0.13, 108), oklch(0.74, 0.13, 155), oklch(0.6, 0.09, 205), oklch(0.44, 0.11, 255), oklch(0.28, 0.13, 292)],
  dark: [oklch(0.4, 0.14, 290), oklch(0.53, 0.12, 252), oklch(0.66, 0.1, 205), oklch(0.8, 0.13, 155), oklch(0.93, 0.15, 108)],
};
const DIVERGING = {
  light: [oklch(0.54, 0.135, 256), oklch(0.88, 0, 0), oklch(0.54, 0.135, 48)],
  dark: [oklch(0.8, 0.1, 245), oklch(0.4, 0, 0), oklch(0.8, 0.1, 62)],
};
/** For a value that is not a number. */
const UNKNOWN = toWord([136, 136, 136]);

type Lab = readonly [light: number, a: number, b: number];

function toLab({ light, chroma, hue }: Oklch): Lab {
  const angle = (hue * Math.PI) / 180;
  return [light, chroma * Math.cos(angle), chroma * Math.sin(angle)];
}

/** Colours along straight lines in Oklab through the given ones, neighbours everywhere equally far apart. */
function evenly(stops: readonly Oklch[]): Rgb[] {
  const corners = stops.map(toLab);
  const lengths = corners.slice(1).map((corner, slot) => Math.hypot(...corner.map((value, axis) => value - corners[slot]![axis]!)));
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  return Array.from({ length: SIZE }, (_, entry) => {
    let left = (entry / (SIZE - 1)) * whole;
    let slot = 0;
    while (slot < lengths.length - 1 && left > lengths[slot]!) left -= lengths[slot++]!;
    const [from, to] = [corners[slot]!, corners[slot + 1]!];
    const along = left / lengths[slot]!;
    const between = (axis: 0 | 1 | 2): number => from[axis] + along * (to[axis] - from[axis]);
    return fromOklab(between(0), between(1), between(2));
  });
}

const RAMPS = {
  sequential: { light: evenly(SEQUENTIAL.light), dark: evenly(SEQUENTIAL.dark) },
  diverging: { light: evenly(DIVERGING.light), dark: evenly(DIVERGING.dark) },
};

/** The 256 colours of a ramp, from low to high. */
export function ramp({ diverging, dark }: RampStyle): readonly Rgb[] {
  return RAMPS[diverging ? "diverging" : "sequential"][dark ? "dark" : "light"];
}

/** The colour of each value as 0xAABBGGRR; beyond the limits that of the limit, grey where there is no number. */
export function rampColors(values: Float32Array, { low, high, ...style }: Limits & RampStyle): Uint32Array {
  const words = Uint32Array.from(ramp(style), toWord);
  const colors = new Uint32Array(values.length);
  for (let index = 0; index < values.length; index++) {
    // Where all values are the same, theirs is the middle.
    const along = high > low ? clamp((values[index]! - low) / (high - low), 0, 1) : 0.5;
    colors[index] = Number.isNaN(values[index]) ? UNKNOWN : words[Math.round(along * (SIZE - 1))]!;
  }
  return colors;
}

/** A ramp as a CSS image, its low end to the left. */
export function rampGradient(style: RampStyle): string {
  const colors = ramp(style);
  const stops = Array.from({ length: GRADIENT_STOPS }, (_, stop) => colors[Math.round((stop * (SIZE - 1)) / (GRADIENT_STOPS - 1))]!);
  return `linear-gradient(to right, ${stops.map(toCss).join(", ")})`;
}

/** The 1st and the 99th percentile of the finite values; for a diverging ramp as far below 0 as above. */
export function limits(values: Float32Array, diverging: boolean): Limits {
  const sorted = values.filter(Number.isFinite).sort();
  if (sorted.length === 0) return { low: 0, high: 1 };
  const low = sorted[Math.floor(BEYOND * (sorted.length - 1))]!;
  const high = sorted[Math.ceil((1 - BEYOND) * (sorted.length - 1))]!;
  if (!diverging) return { low, high };
  const furthest = Math.max(Math.abs(low), Math.abs(high));
  return { low: -furthest, high: furthest };
}

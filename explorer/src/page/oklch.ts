import type { Rgb } from "./theme";

/** A colour's lightness in [0, 1], its chroma, and its hue in degrees. */
export interface Oklch {
  readonly light: number;
  readonly chroma: number;
  readonly hue: number;
}

/** A linear-light channel in [0, 1] as an sRGB byte. */
function encode(linear: number): number {
  const bounded = Math.min(1, Math.max(0, linear));
  return Math.round(255 * (bounded <= 0.0031308 ? 12.92 * bounded : 1.055 * bounded ** (1 / 2.4) - 0.055));
}

/** sRGB of a colour in Oklab (B. Ottosson, “A perceptual color space for image processing”, 2020). */
export function fromOklab(light: number, a: number, b: number): Rgb {
  const long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (light - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encode(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
    encode(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
    encode(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short),
  ];
}

/** sRGB of a colour in Oklch: Oklab in polar coordinates. */
export function fromOklch(light: number, chroma: number, hue: number): Rgb {
  const angle = (hue * Math.PI) / 180;
  return fromOklab(light, chroma * Math.cos(angle), chroma * Math.sin(angle));
}

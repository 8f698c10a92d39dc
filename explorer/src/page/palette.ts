import { fromOklch } from "./oklch";
import type { Rgb } from "./theme";

/** Ten colours for each theme, kept apart for normal sight and for the three kinds of colour blindness. */
const LIGHT = ["#3e7cfa", "#fa8a07", "#32bd87", "#682eb7", "#b04400", "#a6a1e7", "#2b7068", "#b358b6", "#1d3c6e", "#6d1c11"];
const DARK = ["#66b9fd", "#e55809", "#8ec722", "#8c7afd", "#ebe542", "#fbbba3", "#229763", "#bc4bb4", "#54f4fd", "#c88ead"];

/** A class's share of the colour circle, by the golden angle, when there are more classes than the palette holds. */
const GOLDEN = 137.508;
const SHADES = { light: [0.52, 0.66, 0.4], dark: [0.75, 0.62, 0.86] };
const CHROMA = 0.13;

function fromHex(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** A colour for each of `count` classes. Past ten the eye can't hold them apart; legend and card name them. */
export function classColors(count: number, dark: boolean): readonly Rgb[] {
  const chosen = dark ? DARK : LIGHT;
  if (count <= chosen.length) return chosen.slice(0, count).map(fromHex);
  const shades = dark ? SHADES.dark : SHADES.light;
  return Array.from({ length: count }, (_, index) => fromOklch(shades[index % shades.length]!, CHROMA, index * GOLDEN));
}

export const toCss = ([red, green, blue]: Rgb): string => `rgb(${red} ${green} ${blue})`;

/** Opaque, as 0xAABBGGRR: the order of ImageData's bytes on a little-endian machine. */
export const toWord = ([red, green, blue]: Rgb): number => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

import { classColors, toCss } from "../page/palette";
import type { Rgb, Theme } from "../page/theme";

/** What is drawn in a colour of its own, the same in every lesson; the order is the palette's. */
export const HUES = ["q", "prior", "posterior", "likelihood", "evidence", "gap", "target", "model"] as const;

export type Hue = (typeof HUES)[number];

/** What is left of the palette's light on a light ground, where it was made for points: lines are thinner, and a person with colours of their own needs more. */
const SHADE = { plain: 0.85, forced: 0.7 };

/** A hue as a CSS colour that follows the theme. */
export const hue = (name: Hue): string => `var(--hue-${name})`;

/** Gives an element, and all in it, the hues of a theme. */
export function setHues(root: HTMLElement, { dark }: Theme): void {
  const shade = dark ? 1 : matchMedia("(forced-colors: active)").matches ? SHADE.forced : SHADE.plain;
  const colors = classColors(HUES.length, dark).map(([red, green, blue]): Rgb => [Math.round(shade * red), Math.round(shade * green), Math.round(shade * blue)]);
  HUES.forEach((name, index) => root.style.setProperty(`--hue-${name}`, toCss(colors[index]!)));
}

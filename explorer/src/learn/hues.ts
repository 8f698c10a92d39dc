import { classColors, toCss } from "../page/palette";
import type { Theme } from "../page/theme";

/** What is drawn in a colour of its own, the same in every lesson; the order is the palette's. */
export const HUES = ["q", "prior", "posterior", "likelihood", "evidence", "gap", "target", "model"] as const;

export type Hue = (typeof HUES)[number];

/** A hue as a CSS colour that follows the theme. */
export const hue = (name: Hue): string => `var(--hue-${name})`;

/** Gives an element, and all in it, the hues of a theme. */
export function setHues(root: HTMLElement, { dark }: Theme): void {
  const colors = classColors(HUES.length, dark);
  HUES.forEach((name, index) => root.style.setProperty(`--hue-${name}`, toCss(colors[index]!)));
}

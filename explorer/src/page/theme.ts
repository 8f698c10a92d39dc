/** Red, green and blue, each 0 to 255. */
export type Rgb = readonly [number, number, number];

export interface Theme {
  readonly dark: boolean;
}

/** A computed CSS colour (`rgb(…)`, or `color(srgb …)` where the browser keeps the wider notation). */
export function parseColor(text: string): Rgb | null {
  const numbers = text.match(/-?[\d.]+(?:e-?\d+)?/g)?.map(Number);
  if (!numbers || numbers.length < 3) return null;
  const unit = text.startsWith("color(") ? 255 : 1;
  return [numbers[0]! * unit, numbers[1]! * unit, numbers[2]! * unit];
}

/** Perceived lightness, 0 (black) to 1 (white), by the weights of ITU-R BT.709. */
export function lightness([red, green, blue]: Rgb): number {
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

/** The theme that the surrounding page asks for: what its background colour comes to on our root element. */
export function readTheme(root: HTMLElement): Theme {
  const background = parseColor(getComputedStyle(root).getPropertyValue("background-color"));
  return { dark: background !== null && lightness(background) < 0.5 };
}

/** Calls back when the system changes between light and dark; a host page's own change arrives as an update. */
export function onSystemTheme(listener: () => void, signal: AbortSignal): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", listener, { signal });
}

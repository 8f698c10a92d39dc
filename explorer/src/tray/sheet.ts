import type { Place } from "../base/geometry";

/** The latents of pins as CSV (RFC 4180): name, z1 … zD, each number with all the digits that a float32 has. */
export function csvOfPins(pins: readonly { readonly name: string; readonly latent: Float32Array }[]): string {
  const dimensions = pins[0]?.latent.length ?? 0;
  const header = ["name", ...Array.from({ length: dimensions }, (_, dimension) => `z${dimension + 1}`)];
  const rows = pins.map(({ name, latent }) => [quoted(harmless(name)), ...Array.from(latent, shortest)]);
  return [header, ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}

/** A spreadsheet would run what begins like a formula; behind an apostrophe it is text. */
const harmless = (name: string): string => (/^[=+\-@\t\r]/.test(name) ? `'${name}` : name);

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The shortest decimal number that reads back as the same float32. */
function shortest(value: number): string {
  let digits = 6;
  while (digits < 9 && Math.fround(Number(value.toPrecision(digits))) !== value) digits++;
  return String(Number(value.toPrecision(digits)));
}

/** Where the pictures of a contact sheet stand, in pixels. */
export interface SheetLayout {
  readonly columns: number;
  readonly rows: number;
  readonly width: number;
  readonly height: number;
  /** Each picture's top left corner, row by row. */
  readonly positions: readonly Place[];
}

/** The space round the pictures, as a share of their side. */
const GAP = 1 / 16;

/** A sheet about as wide as high for `count` pictures of `tile` pixels a side. */
export function sheetLayout(count: number, tile: number): SheetLayout {
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / Math.max(1, columns));
  const gap = Math.max(1, Math.round(GAP * tile));
  const pitch = tile + gap;
  return {
    columns,
    rows,
    width: gap + columns * pitch,
    height: gap + rows * pitch,
    positions: Array.from({ length: count }, (_, index) => ({
      left: gap + (index % columns) * pitch,
      top: gap + Math.floor(index / columns) * pitch,
    })),
  };
}

/** A density on [−3, 3], drawn by hand: heights of cells side by side, which need not add up to anything. */
export const EDGE = 3;
export const CELLS = 150;
export const CELL = (2 * EDGE) / CELLS;
/** As high as a hand can draw. */
export const HIGHEST = 1;

export type Heights = Float64Array<ArrayBuffer>;

const bump = (x: number, middle: number, width: number): number => Math.exp(-0.5 * ((x - middle) / width) ** 2);

/** Shapes to begin with, as heights over x. */
const SHAPES = {
  humps: (x: number) => 0.55 * bump(x, -1.3, 0.35) + 0.85 * bump(x, 0.9, 0.55),
  box: (x: number) => (Math.abs(x) < 1.5 ? 0.7 : 0),
  ramps: (x: number) => (x < -2 || x > 2.4 ? 0 : 0.85 * (((x + 2) % 1.1) / 1.1)),
} as const;

export type Preset = keyof typeof SHAPES;
export const PRESETS = Object.keys(SHAPES) as readonly Preset[];

export const middleOf = (cell: number): number => -EDGE + (cell + 0.5) * CELL;

export const cellAt = (x: number): number => Math.min(CELLS - 1, Math.max(0, Math.floor((x + EDGE) / CELL)));

export const preset = (name: Preset): Heights => Float64Array.from({ length: CELLS }, (_, cell) => SHAPES[name](middleOf(cell)));

export const massOf = (heights: Heights): number => heights.reduce((sum, height) => sum + height, 0) * CELL;

const within = (height: number): number => Math.min(HIGHEST, Math.max(0, height));

export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** What a pen leaves that goes from one spot to another in a straight line. */
export function stroke(heights: Heights, from: Spot, to: Spot): Heights {
  const drawn = heights.slice();
  const [left, right] = from.x <= to.x ? [from, to] : [to, from];
  for (let cell = cellAt(left.x); cell <= cellAt(right.x); cell++) {
    const share = right.x === left.x ? 1 : Math.min(1, Math.max(0, (middleOf(cell) - left.x) / (right.x - left.x)));
    drawn[cell] = within(right.x === left.x ? to.y : left.y + share * (right.y - left.y));
  }
  return drawn;
}

/** How far a key's push reaches to either side. */
const PUSH = 0.15;

/** Raised, or lowered, round a place: what an arrow key does. */
export function pushed(heights: Heights, at: number, by: number): Heights {
  return heights.map((height, cell) => {
    const share = bump(middleOf(cell), at, PUSH);
    return share < 0.01 ? height : within(height + by * share);
  });
}

/** Two letters a cell. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LEVELS = 64 * 64 - 1;

/** Heights as letters for a link. */
export function asLetters(heights: Heights): string {
  return Array.from(heights, (height) => {
    const level = Math.round((height / HIGHEST) * LEVELS);
    return LETTERS[level >> 6]! + LETTERS[level & 63]!;
  }).join("");
}

/** What `asLetters` was given, to a four-thousandth; null for what it cannot have written. */
export function fromLetters(letters: unknown): Heights | null {
  if (typeof letters !== "string" || letters.length !== 2 * CELLS || !/^[\w-]+$/.test(letters)) return null;
  const digit = (index: number): number => LETTERS.indexOf(letters[index]!);
  return Float64Array.from({ length: CELLS }, (_, cell) => (HIGHEST * (64 * digit(2 * cell) + digit(2 * cell + 1))) / LEVELS);
}

/** A position on the map, in the map's own coordinates (y grows upwards). */
export interface Position {
  readonly x: number;
  readonly y: number;
}

/** A place in the map's element, in CSS pixels from its top left corner (y grows downwards). */
export interface Place {
  readonly left: number;
  readonly top: number;
}

export interface Bounds {
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly top: number;
}

export const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

export const distance = (a: Position, b: Position): number => Math.hypot(a.x - b.x, a.y - b.y);

/** Whether two positions are the same to the last bit. */
export const samePosition = (a: Position, b: Position): boolean => a.x === b.x && a.y === b.y;

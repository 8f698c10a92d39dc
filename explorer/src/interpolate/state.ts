import type { Position } from "../base/geometry";

/** A latent that a path goes through, and where it stands on the map. */
export interface Stop {
  readonly id: string;
  readonly name: string;
  readonly latent: Float32Array;
  readonly position: Position;
  /** The data point that it is exactly; null for any other latent. */
  readonly point: number | null;
  /** A grid's own corner, that no one has chosen or moved: it goes with the grid. */
  readonly corner: boolean;
}

/** In the order of links that were given away: what is new comes last. */
export const MODES = ["line", "slerp", "geodesic", "data", "flow"] as const;
export const SPACINGS = ["latent", "image"] as const;
export const SHAPES = ["path", "grid"] as const;
export const REPEATS = ["once", "loop", "ping-pong"] as const;

export type Mode = (typeof MODES)[number];
/** Paths that the server finds: the shortest in pixels, and the one along the data. */
export type ComputedMode = Extract<Mode, "geodesic" | "data">;
/** Equal steps from frame to frame: in latent space or in what changes in the image. */
export type Spacing = (typeof SPACINGS)[number];
export type Shape = (typeof SHAPES)[number];
export type Repeat = (typeof REPEATS)[number];

export const FEWEST_STOPS = 2;
export const MOST_STOPS = 6;
export const CORNERS = 4;
export const FRAMES = { least: 2, most: 120 } as const;
export const SIDES = { least: 5, most: 15 } as const;
export const BEYOND = { least: 0, most: 1 } as const;
export const SPEEDS = [2, 4, 8, 12, 24, 30] as const;

/** Everything that a person has chosen on the page; replaced as a whole, never changed. */
export interface Choices {
  readonly stops: readonly Stop[];
  readonly shape: Shape;
  readonly mode: Mode;
  readonly spacing: Spacing;
  readonly frames: number;
  /** How far the path goes on beyond its ends, in lengths of its first and last part. */
  readonly beyond: number;
  /** Images along one side of the grid. */
  readonly side: number;
  readonly repeat: Repeat;
  /** Frames a second. */
  readonly speed: number;
  readonly hidden: ReadonlySet<number>;
}

export const INITIAL_CHOICES: Choices = {
  stops: [],
  shape: "path",
  mode: "slerp",
  spacing: "latent",
  frames: 24,
  beyond: 0,
  side: 9,
  repeat: "ping-pong",
  speed: 12,
  hidden: new Set(),
};

export const isComputed = (mode: Mode): mode is ComputedMode => mode === "geodesic" || mode === "data";

/** Stops that a shape cannot do without. */
export const fewestStops = (shape: Shape): number => (shape === "grid" ? CORNERS : FEWEST_STOPS);

/** The stops' names on the map and in the list: A to F. */
export const letterOf = (index: number): string => "ABCDEF"[index] ?? "?";

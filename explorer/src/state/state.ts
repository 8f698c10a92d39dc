import type { Position } from "../base/geometry";

/** What the points' colours say. */
export type ColorBy =
  | { readonly kind: "class" | "kl" | "reconstruction_error" | "density" }
  | { readonly kind: "dimension"; readonly dimension: number };

/** How the latents are laid out on the plane. */
export type Method =
  | { readonly kind: "model" | "pca" }
  | { readonly kind: "axes"; readonly axes: readonly [number, number] };

export function sameMethod(a: Method, b: Method): boolean {
  if (a.kind !== "axes" || b.kind !== "axes") return a.kind === b.kind;
  return a.axes[0] === b.axes[0] && a.axes[1] === b.axes[1];
}

/** The probe as a step and a link know it. */
export interface ProbeState {
  readonly position: readonly [number, number];
  readonly latent: readonly number[];
  readonly point: number | null;
  /** The data point that the probe was on last. */
  readonly home: number | null;
  /** The layout that the position belongs to. */
  readonly method: Method;
}

export interface Layers {
  readonly contours: boolean;
  readonly lattice: boolean;
  readonly emptiness: boolean;
}

/** Data points gathered by a lasso or a button. */
export interface Group {
  readonly points: Uint32Array;
  /** In words, where it came from. */
  readonly origin: string;
  /** The lasso's outline and the map that it was drawn on, or null. */
  readonly outline: { readonly polygon: readonly Position[]; readonly method: Method } | null;
}

/** A latent worth keeping. */
export interface Pin {
  readonly id: string;
  readonly name: string;
  readonly latent: Float32Array;
}

/** Everything on show that a person has chosen; replaced as a whole, never changed. */
export interface State {
  readonly probe: ProbeState | null;
  readonly method: Method;
  readonly colorBy: ColorBy;
  /** Classes that the legend has switched off. */
  readonly hidden: ReadonlySet<number>;
  readonly layers: Layers;
  readonly groups: readonly [Group | null, Group | null];
  readonly pins: readonly Pin[];
}

export const INITIAL: State = {
  probe: null,
  method: { kind: "model" },
  colorBy: { kind: "class" },
  hidden: new Set(),
  layers: { contours: false, lattice: false, emptiness: true },
  groups: [null, null],
  pins: [],
};

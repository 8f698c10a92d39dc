import type { ExplorerOptions } from "../options";

/** A model of a comparison: its folder's name, what people call it, and where its files are. */
export interface ComparedModel extends Pick<ExplorerOptions, "name" | "modelUrl" | "manifestVersion"> {
  readonly title: string;
  /** Whether another of them has a map of the same images. */
  readonly followed: boolean;
}

export interface CompareOptions extends Pick<ExplorerOptions, "assetsUrl" | "files"> {
  readonly models: readonly ComparedModel[];
  /** Whether the server hands out test images. */
  readonly testImages: boolean;
}

/** Test images as the server hands them out: their places in the test split, their classes, and bytes (n, channels, size, size) in base64. */
export interface HandedOut {
  readonly numbers: readonly number[];
  readonly labels: readonly string[];
  readonly pixels: string;
}

/** Whether two sets of options show the same models. */
export function sameModels(a: CompareOptions, b: CompareOptions): boolean {
  const shown = ({ assetsUrl, models, testImages }: CompareOptions): string => JSON.stringify([assetsUrl, models, testImages]);
  return shown(a) === shown(b);
}

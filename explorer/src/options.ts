import type { ProbeState } from "./probe/probe";

/** Names of the built files, as `assets.json` lists them. */
export interface AssetFiles {
  readonly component: string;
  readonly worker: string;
  readonly wasm: string;
}

export interface ExplorerOptions {
  /** Folder of the built files and folder of the model's, relative to the page; both end in a slash. */
  readonly assetsUrl: string;
  readonly files: AssetFiles;
  readonly modelUrl: string;
  /** Changes whenever the model's manifest does. */
  readonly manifestVersion: string;
  /** Without decoding there is the map and the probe alone, to measure what decoding adds. */
  readonly decoding: boolean;
  /** Where the probe starts; read when a model is opened, null for the model's own choice. */
  readonly probe: ProbeState | null;
  /** Called once after each movement, when the hand has let go. */
  readonly onRelease?: (probe: ProbeState) => void;
}

export const absoluteUrl = (url: string): string => new URL(url, document.baseURI).href;

/** Whether two sets of options show the same model in the same way. */
export function sameModel(a: ExplorerOptions, b: ExplorerOptions): boolean {
  return (
    a.assetsUrl === b.assetsUrl &&
    a.modelUrl === b.modelUrl &&
    a.manifestVersion === b.manifestVersion &&
    a.decoding === b.decoding
  );
}

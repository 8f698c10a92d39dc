import type { Address } from "./state/address";

/** Names of the built files, as `assets.json` lists them. */
export interface AssetFiles {
  readonly component: string;
  readonly worker: string;
  /** onnxruntime-web, script and WebAssembly, for graphs that need it. */
  readonly ort: string;
  readonly wasm: string;
  /** The same for graphics processors, for large decoders. */
  readonly ort_gpu: string;
  readonly wasm_gpu: string;
}

/** Which of the pages an explorer is. */
export type PageName = "explore" | "interpolate";

/** What the page of paths tells its host when it has come to rest. */
export interface SceneReport {
  readonly shape: string;
  readonly mode: string;
  /** The frames' latents, row by row, and where along the path they are (stop k at k); empty for a grid. */
  readonly latents: readonly (readonly number[])[];
  readonly parameters: readonly number[];
  readonly stops: readonly string[];
  /** By mode, how far each frame's image is from the one before it; a path that the server finds only where it is known. */
  readonly changes: Readonly<Record<string, readonly number[]>>;
  /** The classes' colours on the map, in CSS. */
  readonly colors: readonly string[];
}

/** How a film is shown: the format, pixels along a side, frames a second, what happens at its end. */
export interface FilmSettings {
  readonly format: string;
  readonly side: number;
  readonly framesPerSecond: number;
  readonly repeat: string;
}

/** Square images of a film, (channels, size, size) each, in [0, 1]. */
export interface FilmImages {
  readonly images: readonly Float32Array[];
  readonly size: number;
  readonly channels: number;
}

/** Writes films in the page itself. */
export interface FilmWriter {
  readonly formats: readonly string[];
  /** In words, why there is no film of this format in this browser; null where there is one. */
  refusal(format: string): string | null;
  /** @param onFrame told of each frame that is written, from 0 */
  write(film: FilmImages, settings: FilmSettings, onFrame: (done: number, total: number) => void, signal: AbortSignal): Promise<Blob>;
}

/** What a page brings along that no server stands behind. */
export interface Standalone {
  readonly address: Address;
  readonly films: FilmWriter;
}

export interface ExplorerOptions {
  readonly page: PageName;
  /** Folder of the built files and folder of the model's, relative to the page; both end in a slash. */
  readonly assetsUrl: string;
  readonly files: Pick<AssetFiles, "worker" | "ort" | "wasm"> & Partial<AssetFiles>;
  readonly modelUrl: string;
  /** Changes whenever the model's manifest does. */
  readonly manifestVersion: string;
  /** Without decoding there is the map and the probe alone, to measure what decoding adds. */
  readonly decoding: boolean;
  /** The model as the page's address names it. */
  readonly name: string;
  /** Whether a server stands behind the page that finds paths and writes films. */
  readonly service: boolean;
  /** Called when the frames of a new scene are all there, and when something else of it has changed. */
  readonly onScene?: (report: SceneReport) => void;
  readonly standalone?: Standalone;
}

export const absoluteUrl = (url: string): string => new URL(url, document.baseURI).href;

/** Whether two sets of options show the same model in the same way. */
export function sameModel(a: ExplorerOptions, b: ExplorerOptions): boolean {
  return (
    a.page === b.page &&
    a.assetsUrl === b.assetsUrl &&
    a.modelUrl === b.modelUrl &&
    a.manifestVersion === b.manifestVersion &&
    a.decoding === b.decoding
  );
}

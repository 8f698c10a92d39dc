import { fetchJson } from "../model/files";
import { parseManifest } from "../model/manifest";
import { absoluteUrl, type ExplorerOptions } from "../options";
import { OpenModel } from "./openModel";

/** Models that stay open after the page that showed them has gone, so that coming back is instant. */
const KEPT = 4;
/** A model that nobody looks at stops fetching after this long, in milliseconds: a change of pages is shorter. */
const PATIENCE = 5000;

interface Place {
  readonly model: OpenModel;
  users: number;
  resting: number;
}

/** By all that decides what a model shows; the one used last at the end. */
const shelf = new Map<string, Place>();

/** All that says which model is meant, and where what runs it lies. */
export type Wanted = Pick<ExplorerOptions, "modelUrl" | "manifestVersion" | "assetsUrl" | "files">;

/** The model that a page is on, until `signal` is aborted; its manifest is read each time, so that a map made anew is seen. */
export async function borrowModel(options: Wanted, signal: AbortSignal): Promise<OpenModel> {
  const base = absoluteUrl(options.modelUrl);
  const url = new URL("manifest.json", base);
  url.searchParams.set("version", options.manifestVersion);
  const manifest = parseManifest(await fetchJson(url.href, signal));
  signal.throwIfAborted();
  const { ort, wasm, ort_gpu, wasm_gpu, worker } = options.files;
  const built = (name: string): string => absoluteUrl(options.assetsUrl + name);
  const runtime = {
    ort: { scriptUrl: built(ort), wasmUrl: built(wasm) },
    ortGpu: ort_gpu && wasm_gpu ? { scriptUrl: built(ort_gpu), wasmUrl: built(wasm_gpu) } : null,
    workerUrl: built(worker),
  };
  const key = JSON.stringify([base, manifest, runtime]);
  const place = shelf.get(key) ?? { model: new OpenModel(base, manifest, runtime), users: 0, resting: 0 };
  shelf.delete(key);
  shelf.set(key, place);
  place.users++;
  clearTimeout(place.resting);
  place.model.begin();
  signal.addEventListener("abort", () => giveBack(place), { once: true });
  return place.model;
}

function giveBack(place: Place): void {
  place.users--;
  if (place.users === 0) place.resting = window.setTimeout(() => place.model.rest(), PATIENCE);
  for (const [key, { model, users, resting }] of shelf) {
    if (shelf.size <= KEPT) break;
    if (users > 0) continue;
    clearTimeout(resting);
    shelf.delete(key);
    void model.close();
  }
}

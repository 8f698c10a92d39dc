import { Failure } from "../base/failure";
import { Remembered } from "../base/remembered";
import { fetchBytes } from "../model/files";
import type { Graph } from "../runtime/graph";
import type { OpenGraph } from "./ortGraph";

/** Where a build of onnxruntime-web is: its script, built from onnxruntime.ts or onnxruntimeGpu.ts, and its WebAssembly. */
export interface OrtFiles {
  readonly scriptUrl: string;
  readonly wasmUrl: string;
}

interface Ort {
  readonly script: { readonly openGraph: OpenGraph };
  readonly wasm: ArrayBuffer;
}

const fetched = new Remembered<Ort>();

/** A script that could not be fetched stays so for a browser's `import`: it is imported only once it is here. */
async function fetchOrt({ scriptUrl, wasmUrl }: OrtFiles): Promise<Ort> {
  const [wasm] = await Promise.all([fetchBytes(wasmUrl), fetchBytes(scriptUrl)]);
  return { script: await import(scriptUrl), wasm };
}

/**
 * A graph in onnxruntime-web, which is fetched when it is first needed.
 * @param shape of one item of the input
 */
export async function openForeign(files: OrtFiles, bytes: ArrayBuffer, input: string, shape: readonly number[]): Promise<Graph> {
  const { script, wasm } = await fetched.get(files.scriptUrl, () => fetchOrt(files));
  try {
    return await script.openGraph(wasm, bytes, input, shape);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure("A graph of this model could not be opened.", why, "Export the model's explorer files again, or try another browser.");
  }
}

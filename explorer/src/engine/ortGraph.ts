// A graph in onnxruntime-web, whichever of its builds it is in. These bundles are apart from the page's:
// what they throw are plain errors, since a class of the page's is another one here.

import type { InferenceSession } from "onnxruntime-web/wasm";
import type { Graph, Outputs } from "../runtime/graph";

/** What the builds of onnxruntime-web have in common. */
export type Ort = Pick<typeof import("onnxruntime-web/wasm"), "env" | "InferenceSession" | "Tensor">;

/**
 * Opens a graph; the first one starts the runtime, whose bytes are `wasm`.
 * @param shape of one item of the input
 */
export type OpenGraph = (wasm: ArrayBuffer, bytes: ArrayBuffer, input: string, shape: readonly number[]) => Promise<Graph>;

let last: Promise<unknown> = Promise.resolve();

/** Lets the runtime do one thing at a time: two runs that overlap have been seen to answer with nothing. */
function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
  const done = last.then(work);
  last = done.catch(() => undefined);
  return done;
}

class OrtGraph implements Graph {
  constructor(
    private readonly ort: Ort,
    private readonly session: InferenceSession,
    private readonly input: string,
    private readonly shape: readonly number[],
  ) {}

  async run(values: Float32Array): Promise<Outputs> {
    const items = values.length / this.shape.reduce((product, side) => product * side, 1);
    const input = new this.ort.Tensor("float32", values, [items, ...this.shape]);
    const outputs = await inTurn(() => this.session.run({ [this.input]: input }));
    return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor.data as Float32Array]));
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

/** What opens graphs in a build of onnxruntime-web, on the processor that `provider` names. */
export function openerIn(ort: Ort, provider: "wasm" | "webgpu"): OpenGraph {
  const options: InferenceSession.SessionOptions = { executionProviders: [provider], graphOptimizationLevel: "all", logSeverityLevel: 3 };
  return async (wasm, bytes, input, shape) => {
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmBinary = wasm;
    ort.env.logLevel = "error";
    return new OrtGraph(ort, await inTurn(() => ort.InferenceSession.create(new Uint8Array(bytes), options)), input, shape);
  };
}

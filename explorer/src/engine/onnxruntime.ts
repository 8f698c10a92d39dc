// onnxruntime-web as a bundle of its own, for graphs with operators that our runtime lacks. It is built apart from the page:
// what it throws are plain errors, since a class of the page's is another one here.

import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import type { Graph, Outputs } from "../runtime/graph";

const OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ["wasm"],
  graphOptimizationLevel: "all",
  logSeverityLevel: 3,
};

let last: Promise<unknown> = Promise.resolve();

/** Lets the runtime do one thing at a time: two runs that overlap have been seen to answer with nothing. */
function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
  const done = last.then(work);
  last = done.catch(() => undefined);
  return done;
}

class OrtGraph implements Graph {
  constructor(
    private readonly session: InferenceSession,
    private readonly input: string,
    private readonly shape: readonly number[],
  ) {}

  async run(values: Float32Array): Promise<Outputs> {
    const items = values.length / this.shape.reduce((product, side) => product * side, 1);
    const input = new Tensor("float32", values, [items, ...this.shape]);
    const outputs = await inTurn(() => this.session.run({ [this.input]: input }));
    return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor.data as Float32Array]));
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

/**
 * Opens a graph; the first one starts the runtime, whose bytes are `wasm`.
 * @param shape of one item of the input
 */
export async function openGraph(wasm: ArrayBuffer, bytes: ArrayBuffer, input: string, shape: readonly number[]): Promise<Graph> {
  env.wasm.numThreads = 1;
  env.wasm.wasmBinary = wasm;
  env.logLevel = "error";
  return new OrtGraph(await inTurn(() => InferenceSession.create(new Uint8Array(bytes), OPTIONS)), input, shape);
}

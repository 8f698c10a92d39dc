import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { Failure } from "../base/failure";
import { Remembered } from "../base/remembered";
import { fetchBytes } from "../model/files";

/** The smallest graph there is, one Identity node: opening it starts the runtime while a model's files still travel. */
const SMALLEST_GRAPH = "CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEBE=";

const OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ["wasm"],
  graphOptimizationLevel: "all",
  logSeverityLevel: 3,
};

/** The runtime's bytes, and the runtime itself, which can be started but once. */
const binary = new Remembered<ArrayBuffer>();
let started: Promise<void> | null = null;

async function start(wasm: ArrayBuffer): Promise<void> {
  env.wasm.numThreads = 1;
  env.wasm.wasmBinary = wasm;
  env.logLevel = "error";
  const bytes = Uint8Array.from(atob(SMALLEST_GRAPH), (character) => character.charCodeAt(0));
  try {
    await (await InferenceSession.create(bytes, OPTIONS)).release();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(
      "The decoder's runtime could not start.",
      why,
      "Reload the page; if it happens again, build the explorer anew (make run does it) or try another browser.",
    );
  }
}

/** Starts the WebAssembly runtime, once for the life of the page (or of the worker); a failed download can be tried again. */
export async function startRuntime(wasmUrl: string): Promise<void> {
  if (typeof WebAssembly === "undefined") {
    throw new Failure(
      "This browser cannot decode images.",
      "It has no WebAssembly (some hardened modes switch it off).",
      "Allow WebAssembly for this page, or open it in a current Chrome, Edge, Firefox or Safari.",
    );
  }
  // The runtime refuses a second start for ever: it is touched only once its bytes are here.
  const wasm = await binary.get(wasmUrl, () => fetchBytes(wasmUrl));
  await (started ??= start(wasm));
}

let last: Promise<unknown> = Promise.resolve();

/** Lets the runtime do one thing at a time: two runs that overlap have been seen to answer with nothing. */
function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
  const done = last.then(work);
  last = done.catch(() => undefined);
  return done;
}

/** An ONNX graph of float32 tensors with one input; its first axis is the batch. */
export class Graph {
  private constructor(
    private readonly session: InferenceSession,
    private readonly input: string,
    private readonly shape: readonly number[],
  ) {}

  /** @param shape of one item of the input */
  static async open(bytes: ArrayBuffer, input: string, shape: readonly number[]): Promise<Graph> {
    const session = await inTurn(() => InferenceSession.create(new Uint8Array(bytes), OPTIONS));
    if (!session.inputNames.includes(input)) {
      await session.release();
      throw new Failure(
        "A graph of this model is not one of ours.",
        `It has the inputs ${session.inputNames.join(", ")}, and not “${input}”.`,
        "Export the model's explorer files again.",
      );
    }
    return new Graph(session, input, shape);
  }

  /** @param values of one item or of several, one after the other */
  async run(values: Float32Array): Promise<Readonly<Record<string, Float32Array>>> {
    const items = values.length / this.shape.reduce((product, side) => product * side, 1);
    const input = new Tensor("float32", values, [items, ...this.shape]);
    const outputs = await inTurn(() => this.session.run({ [this.input]: input }));
    return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor.data as Float32Array]));
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

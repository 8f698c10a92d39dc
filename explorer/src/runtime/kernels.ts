import { Failure } from "../base/failure";
import { Remembered } from "../base/remembered";
import relaxed from "kernels:relaxed";
import plain from "kernels:plain";

/** What `explorer/kernels` exports; places, distances and lengths are in bytes. */
export interface Kernels {
  product(
    input: number,
    inRow: number,
    inStep: number,
    inPixel: number,
    weights: number,
    bias: number,
    output: number,
    outStep: number,
    outPixel: number,
    rows: number,
    columns: number,
    taps: number,
    length: number,
    vectors: number,
    residual: number,
    raw: number,
    activation: number,
  ): void;
  planes(
    input: number,
    inRow: number,
    inStep: number,
    inPixel: number,
    weights: number,
    bias: number,
    output: number,
    rows: number,
    columns: number,
    taps: number,
    length: number,
    outputs: number,
    activation: number,
  ): void;
  activate(input: number, output: number, bytes: number, activation: number): void;
  combine(kind: number, x: number, xStep: number, y: number, yStep: number, z: number, zStep: number, output: number, bytes: number): void;
  interleave(input: number, output: number, row: number, pixel: number, rows: number, columns: number, channels: number): void;
  separate(input: number, output: number, row: number, pixel: number, rows: number, columns: number, channels: number): void;
  spread(input: number, output: number, sources: number, row: number, pixel: number, rows: number, columns: number): void;
}

const PAGE = 2 ** 16;

const compiled = new Remembered<WebAssembly.Module>();

/** The kernels' code, compiled once: with products that are rounded once where the browser has them, else without. */
async function code(): Promise<WebAssembly.Module> {
  const bytes = [relaxed, plain].find((variant) => WebAssembly.validate(variant));
  if (!bytes) {
    throw new Failure(
      "This browser cannot decode images.",
      "Its WebAssembly has no instructions for many numbers at once (SIMD).",
      "Open the page in a current Chrome, Edge, Firefox or Safari.",
    );
  }
  return compiled.get("", () => WebAssembly.compile(bytes));
}

/** Kernels and the memory that they work in. */
export interface Machine {
  readonly kernels: Kernels;
  readonly floats: Float32Array;
}

/** Kernels with a memory of their own of so many bytes, all zero; it never grows. */
export async function startKernels(bytes: number): Promise<Machine> {
  if (typeof WebAssembly === "undefined") {
    throw new Failure(
      "This browser cannot decode images.",
      "It has no WebAssembly (some hardened modes switch it off).",
      "Allow WebAssembly for this page, or open it in a current Chrome, Edge, Firefox or Safari.",
    );
  }
  const module = await code();
  const pages = Math.ceil(bytes / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  return { kernels: exports as unknown as Kernels, floats: new Float32Array(memory.buffer) };
}

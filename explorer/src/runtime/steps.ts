import type { Kernels } from "./kernels";
import { type Constant, elements } from "./onnx";
import type { Computation } from "./operators";
import { FLOAT, isOwn, type Places } from "./places";

/** A piece of memory, in numbers. */
export interface Piece {
  readonly start: number;
  readonly length: number;
  /** How far on the next item has its own; 0 where all share it. */
  readonly step: number;
}

/** A kernel called with its numbers. */
export interface KernelStep {
  readonly kernel: keyof Kernels;
  readonly numbers: readonly number[];
  /** Which of them are places that every item has for itself. */
  readonly own: readonly number[];
  /** It takes items as if they were an image's pixels, all at once. */
  readonly together: boolean;
}

/** A computation for which there is no kernel. */
export interface ComputationStep {
  readonly computation: Computation;
  readonly from: readonly (Piece | Constant["values"])[];
  readonly to: Piece;
}

export interface Plan {
  /** Memory, in bytes. */
  readonly bytes: number;
  readonly fills: readonly ((floats: Float32Array) => void)[];
  readonly steps: readonly (KernelStep | ComputationStep)[];
  /** How many items are in memory at once, and how far from each other, in bytes. */
  readonly items: number;
  readonly stride: number;
  readonly input: Piece;
  readonly outputs: ReadonlyMap<string, Piece>;
}

/** Where in `product` its numbers say how many pixels there are, and how far those of the input and of the output are apart. */
export const ALONG = { inPixel: 3, outPixel: 8, columns: 10 } as const;
/** Linear layers read each weight once for so many items, which is most of their time; convolutions gain nothing by it. */
const TOGETHER = 4;

/** A value by its place and its shape. */
export interface Placed {
  readonly place: number;
  readonly shape: readonly number[];
}

type Settle<Step> = (places: Places) => Step;

/** What is to be done, in its order; where, is settled when all places have been handed out. */
export class Steps {
  private readonly listed: Settle<KernelStep | ComputationStep>[] = [];
  private linearOnly = true;

  call<Name extends keyof Kernels>(kernel: Name, ...numbers: Parameters<Kernels[Name]>): void {
    if (kernel === "product" || kernel === "planes") this.linearOnly = false;
    this.listed.push((places) => kernelStep(kernel, numbers, false, places));
  }

  /** A product of one pixel, which takes all items for pixels. */
  callTogether(...numbers: Parameters<Kernels["product"]>): void {
    this.listed.push((places) => kernelStep("product", numbers, true, places));
  }

  compute(computation: Computation, from: readonly (Placed | Constant["values"])[], to: Placed): void {
    this.listed.push((places) => ({
      computation,
      from: from.map((input) => ("place" in input ? piece(input, places) : input)),
      to: piece(to, places),
    }));
  }

  plan(places: Places, input: Placed, outputs: ReadonlyMap<string, Placed>): Plan {
    const items = this.linearOnly ? TOGETHER : 1;
    return {
      bytes: places.bytes(items),
      fills: places.fills,
      steps: this.listed.map((settle) => settle(places)),
      items,
      stride: places.stride,
      input: piece(input, places),
      outputs: new Map([...outputs].map(([name, output]) => [name, piece(output, places)])),
    };
  }
}

function kernelStep(kernel: keyof Kernels, numbers: readonly number[], together: boolean, places: Places): KernelStep {
  const own = numbers.flatMap((number, at) => (isOwn(number) ? [at] : []));
  return { kernel, numbers: numbers.map((number) => places.settled(number)), own, together };
}

function piece({ place, shape }: Placed, places: Places): Piece {
  return { start: places.settled(place) / FLOAT, length: elements(shape), step: isOwn(place) ? places.stride / FLOAT : 0 };
}

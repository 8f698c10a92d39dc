import { Remembered } from "../base/remembered";
import type { HalfMatrix } from "./halfFloat";
import type { ModelFiles } from "./modelFiles";

/** What is known of every data point, what is seldom wanted fetched when it is. */
export class PointData {
  private floats: Float32Array | null = null;
  private readonly fetched = new Remembered<Float32Array>();

  constructor(
    private readonly files: ModelFiles,
    /** The model's own map: x and y in turn. */
    readonly mapped: Float32Array,
    readonly labels: Uint8Array | Uint16Array,
    readonly halves: HalfMatrix,
  ) {}

  get count(): number {
    return this.labels.length;
  }

  get dimensions(): number {
    return this.halves.columns;
  }

  /** All posterior means, row by row. */
  get latents(): Float32Array {
    return (this.floats ??= this.halves.floats());
  }

  /** One dimension of every posterior mean. */
  dimension(dimension: number): Float32Array {
    const { latents, dimensions } = this;
    return Float32Array.from({ length: this.count }, (_, point) => latents[point * dimensions + dimension]!);
  }

  /** KL in nats, or mean square error a pixel, of every point. */
  values(kind: "kl" | "reconstruction_error"): Promise<Float32Array> {
    return this.fetched.get(kind, () => this.files.values(kind));
  }
}

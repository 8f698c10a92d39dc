import { Remembered } from "../base/remembered";
import type { HalfMatrix } from "./halfFloat";
import type { LatentMap } from "../plane/latentMap";
import type { LinearMap } from "../plane/linearMap";
import { principalPlane } from "../plane/principalPlane";
import type { ModelFiles } from "./modelFiles";
import { ownMap } from "./ownMap";

/** Numbers times dimensions of them: a page that looks for the components of more stands still for a while. */
const AT_ONCE = 1e7;

/** What is known of every data point, what is seldom wanted fetched when it is. */
export class PointData {
  private floats: Float32Array | null = null;
  private own: LatentMap | null = null;
  private components: LinearMap | null = null;
  private readonly laidAside = new Remembered<LinearMap>();
  private readonly fetched = new Remembered<Float32Array>();
  private readonly spreads = new Remembered<HalfMatrix | null>();
  private readonly named = new Remembered<Uint32Array | null>();

  constructor(
    private readonly files: ModelFiles,
    /** The model's own map: x and y in turn. */
    readonly mapped: Float32Array,
    readonly labels: Uint8Array | Uint16Array,
    readonly halves: HalfMatrix,
    /** What the way from the model's own map back to latents is fitted to, where that is not the latents. */
    private readonly fitted: HalfMatrix | null,
    /** Lays the plane of principal components through latents while the page goes on. */
    private readonly layOutAside: (latents: Float32Array, columns: number) => Promise<LinearMap>,
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

  /** The model's own map. */
  get map(): LatentMap {
    return (this.own ??= ownMap(this.files.manifest, this.mapped, this.latents, this.fitted?.floats() ?? this.latents));
  }

  /** The plane of the two principal components: at once where that is quick. */
  principalPlane(): LinearMap | Promise<LinearMap> {
    if (this.components) return this.components;
    const { latents, dimensions } = this;
    if (latents.length * Math.min(dimensions, 64) <= AT_ONCE) return (this.components = principalPlane(latents, dimensions));
    return this.laidAside.get("", async () => (this.components = await this.layOutAside(latents, dimensions)));
  }

  /** One dimension of every posterior mean. */
  dimension(dimension: number): Float32Array {
    const { latents, dimensions } = this;
    return Float32Array.from({ length: this.count }, (_, point) => latents[point * dimensions + dimension]!);
  }

  /** The log variances of the points' posteriors, each dimension's marginal; null where the model's files lack them. */
  logVariances(): Promise<HalfMatrix | null> {
    return this.spreads.get("", () => this.files.logVariances());
  }

  /** Which image of the data set each point is; null where the model's files are older than that. */
  indices(): Promise<Uint32Array | null> {
    return this.named.get("", () => this.files.indices());
  }

  /** KL in nats, or mean square error a pixel, of every point. */
  values(kind: "kl" | "reconstruction_error"): Promise<Float32Array> {
    return this.fetched.get(kind, () => this.files.values(kind));
  }
}

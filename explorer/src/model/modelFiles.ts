import { Failure } from "../base/failure";
import type { Meter } from "../base/meter";
import { Remembered } from "../base/remembered";
import { fetchBytes } from "./files";
import { HalfMatrix, halvesToNumbers } from "./halfFloat";
import { Flow, flowLength } from "../plane/flow";
import { Mixture, packedLength } from "../plane/mixture";
import type { ArrayEntry, FileEntry, Manifest, ThumbnailsEntry } from "./manifest";

/** The map's arrays: one entry a point, in drawing order. */
export interface MapData {
  /** x and y in turn. */
  readonly points: Float32Array;
  readonly labels: Uint8Array | Uint16Array;
}

function damaged(name: string, why: string): Failure {
  return new Failure(`The file “${name}” does not fit the model.`, why, "Export the model's explorer files again.");
}

function checkFinite(values: Float32Array, { path }: FileEntry): Float32Array {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw damaged(path, `Its number ${at + 1} of ${values.length} is no finite one.`);
  return values;
}

/** One model's explorer files, each fetched once when it is first wanted, and again only if that has failed. */
export class ModelFiles {
  private travelling = new AbortController();
  private readonly fetched = new Remembered<ArrayBuffer>();
  /** What has been announced and not yet asked for. */
  private readonly expected = new Set<FileEntry>();

  constructor(
    private readonly base: string,
    readonly manifest: Manifest,
    private readonly meter: Meter,
  ) {}

  url(entry: FileEntry): string {
    return new URL(entry.path, this.base).href;
  }

  /** Stops whatever is still on its way; who asks for it again has it fetched again. */
  stop(): void {
    this.travelling.abort();
    this.travelling = new AbortController();
  }

  /** Announces what will be asked for: what has arrived is a share of all of it from the beginning. */
  expect(entries: readonly FileEntry[]): void {
    for (const entry of entries) {
      this.expected.add(entry);
      this.meter.announce(entry.bytes);
    }
  }

  /** The bytes of a file; they are kept no longer than until they are there. */
  bytes(entry: FileEntry): Promise<ArrayBuffer> {
    return this.fetched.get(entry.path, async () => {
      if (!this.expected.delete(entry)) this.meter.announce(entry.bytes);
      let arrived = 0;
      const onBytes = (count: number): void => {
        arrived += count;
        this.meter.receive(count);
      };
      try {
        const bytes = await fetchBytes(this.url(entry), { bytes: entry.bytes, signal: this.travelling.signal, onBytes });
        this.fetched.forget(entry.path);
        return bytes;
      } catch (error) {
        // What is fetched anew is announced anew.
        this.meter.announce(-entry.bytes);
        this.meter.receive(-arrived);
        throw error;
      }
    });
  }

  async mapData(): Promise<MapData> {
    const { points, labels } = this.manifest.files;
    const [positions, classes] = await Promise.all([
      this.array(points, "float32", [this.manifest.map.count, 2]),
      this.array(labels, labels.dtype === "uint16" ? "uint16" : "uint8", [this.manifest.map.count]),
    ]);
    return {
      points: checkFinite(new Float32Array(positions), points),
      labels: this.checkClasses(labels.dtype === "uint16" ? new Uint16Array(classes) : new Uint8Array(classes)),
    };
  }

  /** Which image of the data set each point is; null where the model's files are older than that. */
  async indices(): Promise<Uint32Array | null> {
    const { files, map } = this.manifest;
    if (!files.indices) return null;
    const indices = new Uint32Array(await this.array(files.indices, "uint32", [map.count]));
    const at = indices.findIndex((index) => index >= map.total);
    if (at >= 0) throw damaged(files.indices.path, `Its point ${at + 1} is image ${indices[at]! + 1}; the data set has ${map.total}.`);
    return indices;
  }

  latents(): Promise<HalfMatrix> {
    return this.matrix(this.manifest.files.latents);
  }

  /** What the way from the map back to latents is fitted to; null where that is the latents themselves. */
  async planeLatents(): Promise<HalfMatrix | null> {
    const entry = this.manifest.files.plane_latents;
    return entry ? this.matrix(entry) : null;
  }

  /** The log variances of the points' posteriors; null where the model's files are older than them. */
  async logVariances(): Promise<HalfMatrix | null> {
    const entry = this.manifest.files.log_variances;
    return entry ? this.matrix(entry) : null;
  }

  /** The prior that knows the data; null where the model has none, or its files are older than that. */
  async prior(): Promise<Mixture | Flow | null> {
    const { files, model, prior } = this.manifest;
    if (!files.prior) return null;
    if (prior?.couplings && prior.units) {
      const numbers = await this.array(files.prior, "float32", [flowLength(model.latent_dim, prior.couplings, prior.units)]);
      return new Flow(checkFinite(new Float32Array(numbers), files.prior), model.latent_dim, prior.couplings, prior.units);
    }
    const packed = await this.array(files.prior, "float32", [files.prior.shape[0] ?? 0, packedLength(model.latent_dim)]);
    return new Mixture(checkFinite(new Float32Array(packed), files.prior), model.latent_dim);
  }

  async values(role: "kl" | "reconstruction_error"): Promise<Float32Array> {
    const entry = this.manifest.files[role];
    if (!entry) throw new Error(`This map has no ${role}.`);
    const bits = await this.array(entry, "float16", [this.manifest.map.count]);
    return checkFinite(halvesToNumbers(new Uint16Array(bits)), entry);
  }

  async sheet(entry: ThumbnailsEntry): Promise<ImageBitmap> {
    try {
      return await createImageBitmap(new Blob([await this.bytes(entry)]));
    } catch (error) {
      throw error instanceof DOMException && error.name === "InvalidStateError" ? damaged(entry.path, "It is no picture that this browser can read.") : error;
    }
  }

  private checkClasses<Labels extends Uint8Array | Uint16Array>(labels: Labels): Labels {
    const classes = this.manifest.data.class_names.length;
    const at = labels.findIndex((label) => label >= Math.max(1, classes));
    if (at < 0) return labels;
    throw damaged(this.manifest.files.labels.path, `Its point ${at + 1} is of class ${labels[at]! + 1}; the model has ${classes}.`);
  }

  private async matrix(entry: ArrayEntry): Promise<HalfMatrix> {
    const { latent_dim } = this.manifest.model;
    const matrix = new HalfMatrix(new Uint16Array(await this.array(entry, "float16", [this.manifest.map.count, latent_dim])), latent_dim);
    if (!matrix.isFinite) throw damaged(entry.path, "It holds numbers that are not finite.");
    return matrix;
  }

  private async array(entry: ArrayEntry, dtype: string, shape: readonly number[]): Promise<ArrayBuffer> {
    if (entry.dtype !== dtype || entry.shape.join() !== shape.join()) {
      throw damaged(entry.path, `It holds ${entry.dtype} of shape ${entry.shape.join("×")}, not ${dtype} of ${shape.join("×")}.`);
    }
    return this.bytes(entry);
  }
}

import { Failure } from "../base/failure";
import { fetchBytes, fetchJson } from "./files";
import { HalfMatrix, halvesToNumbers } from "./halfFloat";
import { type ArrayEntry, type FileEntry, type Manifest, parseManifest } from "./manifest";

/** The map's arrays: one entry a point, in drawing order. */
export interface MapData {
  /** x and y in turn. */
  readonly points: Float32Array;
  readonly labels: Uint8Array | Uint16Array;
}

function damaged(name: string, why: string): Failure {
  return new Failure(`The file “${name}” does not fit the model.`, why, "Export the model's explorer files again.");
}

/** One model's explorer files, each fetched once when it is first wanted. */
export class ModelFiles {
  private readonly abort = new AbortController();
  private received = 0;
  private announced = 0;

  private constructor(
    private readonly base: string,
    readonly manifest: Manifest,
    private readonly onProgress: (fraction: number) => void,
  ) {}

  /** Reads the manifest at `base` (which ends in a slash). */
  static async open(
    base: string,
    version: string,
    signal: AbortSignal,
    onProgress: (fraction: number) => void,
  ): Promise<ModelFiles> {
    const url = new URL("manifest.json", base);
    url.searchParams.set("version", version);
    const files = new ModelFiles(base, parseManifest(await fetchJson(url.href, signal)), onProgress);
    signal.addEventListener("abort", () => files.abort.abort(), { once: true });
    return files;
  }

  url(entry: FileEntry): string {
    return new URL(entry.path, this.base).href;
  }

  async bytes(entry: FileEntry): Promise<ArrayBuffer> {
    this.announced += entry.bytes;
    return fetchBytes(this.url(entry), {
      bytes: entry.bytes,
      signal: this.abort.signal,
      onBytes: (count) => {
        this.received += count;
        this.onProgress(this.received / this.announced);
      },
    });
  }

  async mapData(): Promise<MapData> {
    const { points, labels } = this.manifest.files;
    const [positions, classes] = await Promise.all([
      this.array(points, "float32", [this.manifest.map.count, 2]),
      this.array(labels, labels.dtype === "uint16" ? "uint16" : "uint8", [this.manifest.map.count]),
    ]);
    return {
      points: new Float32Array(positions),
      labels: labels.dtype === "uint16" ? new Uint16Array(classes) : new Uint8Array(classes),
    };
  }

  async latents(): Promise<HalfMatrix> {
    const { latent_dim } = this.manifest.model;
    const bits = await this.array(this.manifest.files.latents, "float16", [this.manifest.map.count, latent_dim]);
    return new HalfMatrix(new Uint16Array(bits), latent_dim);
  }

  async values(role: "kl" | "reconstruction_error"): Promise<Float32Array> {
    const bits = await this.array(this.manifest.files[role], "float16", [this.manifest.map.count]);
    return halvesToNumbers(new Uint16Array(bits));
  }

  async thumbnails(): Promise<ImageBitmap> {
    return createImageBitmap(new Blob([await this.bytes(this.manifest.files.thumbnails)]));
  }

  private async array(entry: ArrayEntry, dtype: string, shape: readonly number[]): Promise<ArrayBuffer> {
    if (entry.dtype !== dtype || entry.shape.join() !== shape.join()) {
      throw damaged(entry.path, `It holds ${entry.dtype} of shape ${entry.shape.join("×")}, not ${dtype} of ${shape.join("×")}.`);
    }
    return this.bytes(entry);
  }
}

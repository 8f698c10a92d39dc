import { Meter } from "../base/meter";
import { Remembered } from "../base/remembered";
import { fastestOf } from "../engine/choice";
import { type Engine, type EngineSource, LocalEngine } from "../engine/engine";
import { hasGpu, QuickestEngine } from "../engine/gpu";
import type { OrtFiles } from "../engine/foreign";
import { layOutAside } from "../engine/layOutAside";
import { WorkerEngine } from "../engine/workerEngine";
import { KnownGround } from "../plane/knownGround";
import type { Manifest, ThumbnailsEntry } from "../model/manifest";
import { type MapData, ModelFiles } from "../model/modelFiles";
import { PointData } from "../model/pointData";
import { placesOnSheets, Thumbnails } from "../model/thumbnails";
import type { Flow } from "../plane/flow";
import type { Mixture } from "../plane/mixture";

/** Where the built files that run a model are. */
export interface Runtime {
  readonly ort: OrtFiles;
  /** The same for graphics processors; null where the page came without it. */
  readonly ortGpu: OrtFiles | null;
  readonly workerUrl: string;
}

/**
 * A model with everything that shows it: its files, engines, points and small pictures. Pages borrow it; what one of
 * them has begun another finds, and what has failed is begun anew for whoever asks next.
 */
export class OpenModel {
  /** How much of what was asked for has arrived. */
  readonly meter = new Meter();
  /** The engine in this thread: the first to answer. */
  readonly local: LocalEngine;
  private readonly files: ModelFiles;
  private readonly source: EngineSource;
  private readonly placed = new Remembered<MapData>();
  private readonly points = new Remembered<PointData>();
  private readonly pictures = new Remembered<Thumbnails>();
  private readonly priors = new Remembered<Mixture | Flow | null>();
  private readonly engines = new Remembered<Engine>();
  private workerFailed = false;

  constructor(
    base: string,
    readonly manifest: Manifest,
    private readonly runtime: Runtime,
  ) {
    this.files = new ModelFiles(base, manifest, this.meter);
    this.source = sourceOf(this.files, manifest, runtime);
    const { decoder, encoder, points, labels, latents, plane_latents: fitted } = manifest.files;
    this.files.expect([decoder, points, labels, latents, ...(fitted ? [fitted] : [])]);
    const entries = new Map([decoder, ...(encoder ? [encoder] : [])].map((entry) => [this.files.url(entry), entry]));
    this.local = new LocalEngine(this.source, (url) => this.files.bytes(entries.get(url)!));
  }

  /** Where the points are and what they are: enough to draw them. */
  mapData(): Promise<MapData> {
    return this.placed.get("", () => this.files.mapData());
  }

  /** Where the points are, what they are, and their latents. */
  data(): Promise<PointData> {
    return this.points.get("", async () => {
      const { files } = this;
      const [{ points, labels }, latents, fitted] = await Promise.all([this.mapData(), files.latents(), files.planeLatents()]);
      return new PointData(files, points, labels, latents, fitted, (rows, columns) => layOutAside(this.runtime.workerUrl, rows, columns));
    });
  }

  /** The small pictures of the points, none of which is fetched before it is wanted. */
  thumbnails(): Promise<Thumbnails> {
    return this.pictures.get("", async () => {
      const sheets = this.manifest.files.thumbnails;
      const [{ columns, rows }] = sheets as [ThumbnailsEntry];
      const places = sheets.length > 1 ? placesOnSheets((await this.mapData()).points, columns * rows) : null;
      return new Thumbnails(sheets, places, (sheet) => this.files.sheet(sheet));
    });
  }

  /** The prior that knows the data, learned along with the model or fitted to them; null where there is none. */
  prior(): Promise<Mixture | Flow | null> {
    return this.priors.get("", () => this.files.prior());
  }

  /** What tells by a latent whether any data are near; null where nothing is known of that. */
  async ground(): Promise<KnownGround | null> {
    const [prior, { latents }] = await Promise.all([this.prior(), this.data()]);
    const { ground, latent } = this.manifest;
    return prior && ground ? new KnownGround(prior, ground, latents, latent) : null;
  }

  /** The engine to follow a hand with. */
  fastest(): Promise<Engine> {
    return this.engines.get("fastest", async () => {
      const engine = await fastestOf(this.local, () => this.background());
      if (engine === this.local) return engine;
      const quickest = new QuickestEngine(engine);
      void quickest.consider(new Float32Array(this.source.latentDim), () => this.onGpu());
      return quickest;
    });
  }

  /**
   * A worker's engine, so that the page answers meanwhile: for work that no hand waits for.
   *
   * @param lane models of different lanes have workers of their own, and follow a hand side by side
   */
  background(lane = 0): Promise<Engine> {
    if (this.workerFailed) return Promise.resolve(this.local);
    return this.engines.get(`background ${lane}`, () => WorkerEngine.open(this.runtime.workerUrl, this.source, lane)).catch((error: unknown) => {
      this.workerFailed = true;
      console.warn("Images are decoded in the page itself, which may stutter: no worker could be started.", error);
      return this.local;
    });
  }

  private async onGpu(): Promise<Engine | null> {
    const { ortGpu, workerUrl } = this.runtime;
    return ortGpu && (await hasGpu()) ? WorkerEngine.open(workerUrl, { ...this.source, gpu: ortGpu }) : null;
  }

  /** A page begins with the model: what had failed for the one before is tried again. */
  begin(): void {
    if (!this.workerFailed) return;
    this.workerFailed = false;
    this.engines.forget("fastest");
  }

  /** Stops what still travels; what has arrived stays. */
  rest(): void {
    this.files.stop();
  }

  /** Frees all memory; the model is of no use afterwards. */
  async close(): Promise<void> {
    this.files.stop();
    for (const thumbnails of await this.pictures.settled()) thumbnails.close();
    await this.local.release();
  }
}

function sourceOf(files: ModelFiles, manifest: Manifest, { ort }: Runtime): EngineSource {
  const { latent_dim, channels, image_size } = manifest.model;
  return {
    ort,
    gpu: null,
    decoderUrl: files.url(manifest.files.decoder),
    encoderUrl: manifest.files.encoder ? files.url(manifest.files.encoder) : null,
    latentDim: latent_dim,
    imageShape: [channels, image_size, image_size],
  };
}

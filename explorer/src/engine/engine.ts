import { fetchBytes } from "../model/files";
import { Failure } from "../base/failure";
import { Remembered } from "../base/remembered";
import { type Graph, KernelGraph, planGraph } from "../runtime/graph";
import { openForeign, type OrtFiles } from "./foreign";

/** All an engine needs to know of a model, as plain data that a worker can be sent. */
export interface EngineSource {
  readonly ort: OrtFiles;
  /** Where the decoder is to run on the graphics processor: the build of onnxruntime-web that does so. */
  readonly gpu: OrtFiles | null;
  readonly decoderUrl: string;
  /** Null where the model has no encoder. */
  readonly encoderUrl: string | null;
  readonly latentDim: number;
  /** Of one image: channels, height, width. */
  readonly imageShape: readonly [number, number, number];
}

/** q(z|x) of one image. */
export interface Encoded {
  readonly mean: Float32Array;
  /** Of the marginals of its dimensions. */
  readonly logVariance: Float32Array;
  /** Of a full covariance L Lᵀ: L, (D, D) row by row. Null for a diagonal one, and from graphs that are older than it. */
  readonly cholesky: Float32Array | null;
}

/** Turns latents into images and images into latents, here or in a worker. */
export interface Engine {
  /** The images, (channels, height, width) in [0, 1], of one latent or of several, one after the other. */
  decode(latents: Float32Array): Promise<Float32Array>;
  /** The means of p(x|z) by which images are judged: the same, but for a linear network's, which may leave [0, 1]. */
  means(latents: Float32Array): Promise<Float32Array>;
  /** @param image (channels, height, width) in [0, 1] */
  encode(image: Float32Array): Promise<Encoded>;
}

function output(outputs: Readonly<Record<string, Float32Array>>, name: string): Float32Array {
  const values = outputs[name];
  if (values) return values;
  throw new Failure(
    "A graph of this model is not one of ours.",
    `It has no output “${name}”.`,
    "Export the model's explorer files again.",
  );
}

/** Runs the graphs in this thread; each is opened when it is first needed. */
export class LocalEngine implements Engine {
  private readonly opened = new Remembered<Graph>();

  constructor(
    private readonly source: EngineSource,
    private readonly load: (url: string) => Promise<ArrayBuffer> = fetchBytes,
  ) {}

  async decode(latents: Float32Array): Promise<Float32Array> {
    return output(await (await this.decoder()).run(latents), "image");
  }

  async means(latents: Float32Array): Promise<Float32Array> {
    const decoded = await (await this.decoder()).run(latents);
    return decoded["mean"] ?? output(decoded, "image");
  }

  async encode(image: Float32Array): Promise<Encoded> {
    const encoded = await (await this.encoder()).run(image);
    return { mean: output(encoded, "mean"), logVariance: output(encoded, "log_variance"), cholesky: encoded["cholesky"] ?? null };
  }

  /** Begins to open the decoder, the first graph that is needed; what fails is met by whoever needs it. */
  preload(): void {
    this.decoder().catch(() => undefined);
  }

  /** Opens the decoder and runs it once, so that the first movement of a hand meets nothing cold. */
  async warm(): Promise<void> {
    await this.decode(new Float32Array(this.source.latentDim));
  }

  /** Frees the graphs' memory; the engine is of no use afterwards. */
  async release(): Promise<void> {
    for (const graph of await this.opened.settled()) await graph.release();
  }

  private decoder(): Promise<Graph> {
    const { decoderUrl, latentDim, gpu } = this.source;
    if (!gpu) return this.graph(decoderUrl, "latent", [latentDim]);
    return this.opened.get(decoderUrl, async () => openForeign(gpu, await this.load(decoderUrl), "latent", [latentDim]));
  }

  private encoder(): Promise<Graph> {
    const { encoderUrl, imageShape } = this.source;
    if (encoderUrl === null) throw new Failure("This model came without an encoder.", "It cannot tell where a picture belongs.", "Import it again together with its encoder.");
    return this.graph(encoderUrl, "image", imageShape);
  }

  private graph(url: string, input: string, shape: readonly number[]): Promise<Graph> {
    return this.opened.get(url, async () => {
      const bytes = await this.load(url);
      const planned = planGraph(bytes, input, shape);
      if ("plan" in planned) return KernelGraph.open(planned.plan);
      console.info(`A graph of this model needs ${planned.lacks}, which onnxruntime-web has: it is fetched now (14 MB, or less where it travels compressed).`);
      return openForeign(this.source.ort, bytes, input, shape);
    });
  }
}

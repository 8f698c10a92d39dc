import { fetchBytes } from "../model/files";
import { Failure } from "../base/failure";
import { Remembered } from "../base/remembered";
import type { Position } from "../base/geometry";
import { Graph, startRuntime } from "./inference";
import { type Anchor, latentAt } from "../plane/anchor";

/** All an engine needs to know of a model, as plain data that a worker can be sent. */
export interface EngineSource {
  readonly wasmUrl: string;
  readonly decoderUrl: string;
  readonly encoderUrl: string;
  readonly planeUrl: string;
  readonly positionUrl: string;
  readonly latentDim: number;
  /** Of one image: channels, height, width. */
  readonly imageShape: readonly [number, number, number];
  /** Width of an anchor's pull, in map units. */
  readonly reach: number;
}

/**
 * What the probe wants decoded: a position (near an anchor or not), a latent whose position is to be found, or a
 * latent whose position is known.
 */
export type Wish =
  | { readonly kind: "position"; readonly position: Position; readonly anchor: Anchor | null }
  | { readonly kind: "latent"; readonly latent: Float32Array }
  | { readonly kind: "placed"; readonly latent: Float32Array; readonly position: Position };

export interface Decoded {
  readonly position: Position;
  readonly latent: Float32Array;
  /** (channels, height, width) in [0, 1]. */
  readonly image: Float32Array;
}

/** q(z|x) of one image, by the marginals of its dimensions. */
export interface Encoded {
  readonly mean: Float32Array;
  readonly logVariance: Float32Array;
}

/** Turns wishes into images, here or in a worker. */
export interface Engine {
  decode(wish: Wish): Promise<Decoded>;
  /** The images of one latent or of several, one after the other. */
  reconstruct(latents: Float32Array): Promise<Float32Array>;
  /** The map's latents at positions, x and y in turn. */
  latentsAt(positions: Float32Array): Promise<Float32Array>;
  /** The map's position of a latent. */
  positionOf(latent: Float32Array): Promise<Position>;
  /** The map's positions of several latents, x and y in turn. */
  positionsOf(latents: Float32Array): Promise<Float32Array>;
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

function sameAnchor(a: Anchor, b: Anchor): boolean {
  return (
    a.position.x === b.position.x &&
    a.position.y === b.position.y &&
    a.latent.every((value, dimension) => value === b.latent[dimension])
  );
}

/** Runs the graphs in this thread; each is opened when it is first needed. */
export class LocalEngine implements Engine {
  private readonly opened = new Remembered<Graph>();
  private anchored: { readonly anchor: Anchor; readonly plane: Float32Array } | null = null;

  constructor(
    private readonly source: EngineSource,
    private readonly load: (url: string) => Promise<ArrayBuffer> = fetchBytes,
  ) {}

  async decode(wish: Wish): Promise<Decoded> {
    if (wish.kind === "position") {
      const latent = await this.latentNear(wish.position, wish.anchor);
      return { position: wish.position, latent, image: await this.reconstruct(latent) };
    }
    const position = wish.kind === "placed" ? wish.position : await this.positionOf(wish.latent);
    return { position, latent: wish.latent, image: await this.reconstruct(wish.latent) };
  }

  async reconstruct(latents: Float32Array): Promise<Float32Array> {
    return output(await (await this.decoder()).run(latents), "image");
  }

  async latentsAt(positions: Float32Array): Promise<Float32Array> {
    return output(await (await this.plane()).run(positions), "latent");
  }

  async positionOf(latent: Float32Array): Promise<Position> {
    const [x, y] = await this.positionsOf(latent);
    return { x: x!, y: y! };
  }

  async positionsOf(latents: Float32Array): Promise<Float32Array> {
    return output(await (await this.position()).run(latents), "position");
  }

  async encode(image: Float32Array): Promise<Encoded> {
    const encoded = await (await this.encoder()).run(image);
    return { mean: output(encoded, "mean"), logVariance: output(encoded, "log_variance") };
  }

  /** Begins to open the graphs of live use; what fails is met by whoever needs it. */
  preload(): void {
    for (const graph of [this.decoder(), this.plane(), this.position()]) graph.catch(() => undefined);
  }

  /** Opens every graph of live use and runs it once, so that the first movement of a hand meets nothing cold. */
  async warm(): Promise<void> {
    const latent = new Float32Array(this.source.latentDim);
    await this.latentNear({ x: 0, y: 0 }, null);
    await this.decode({ kind: "latent", latent });
  }

  /** Frees the graphs' memory; the engine is of no use afterwards. */
  async release(): Promise<void> {
    for (const graph of await this.opened.settled()) await graph.release();
  }

  /** The map's latent at a position, laid through the anchor that is near it. */
  async latentNear(position: Position, anchor: Anchor | null): Promise<Float32Array> {
    if (anchor && anchor.position.x === position.x && anchor.position.y === position.y) return anchor.latent;
    const plane = await this.planeAt(position);
    if (!anchor) return plane;
    if (!this.anchored || !sameAnchor(this.anchored.anchor, anchor)) {
      this.anchored = { anchor, plane: await this.planeAt(anchor.position) };
    }
    return latentAt(position, plane, anchor, this.anchored.plane, this.source.reach);
  }

  private planeAt({ x, y }: Position): Promise<Float32Array> {
    return this.latentsAt(Float32Array.of(x, y));
  }

  private decoder(): Promise<Graph> {
    return this.graph(this.source.decoderUrl, "latent", [this.source.latentDim]);
  }

  private encoder(): Promise<Graph> {
    return this.graph(this.source.encoderUrl, "image", this.source.imageShape);
  }

  private plane(): Promise<Graph> {
    return this.graph(this.source.planeUrl, "position", [2]);
  }

  private position(): Promise<Graph> {
    return this.graph(this.source.positionUrl, "latent", [this.source.latentDim]);
  }

  private graph(url: string, input: string, shape: readonly number[]): Promise<Graph> {
    return this.opened.get(url, async () => {
      const [bytes] = await Promise.all([this.load(url), startRuntime(this.source.wasmUrl)]);
      return Graph.open(bytes, input, shape);
    });
  }
}

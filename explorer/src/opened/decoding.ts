import type { Engine } from "../engine/engine";
import type { OpenModel } from "./openModel";

/** The decoding of a page that may do without: then there are the map and the probe alone. */
export class Decoding {
  constructor(
    private readonly model: OpenModel,
    readonly on: boolean,
    /** What a picture beside the main one fails with. */
    private readonly onError: (error: unknown) => void,
  ) {}

  /** The engine in this thread. */
  get local(): Engine | null {
    return this.on ? this.model.local : null;
  }

  /** Begins to open what the first image needs. */
  preload(): void {
    if (this.on) this.model.local.preload();
  }

  /** The engine to follow a hand with. */
  async fastest(): Promise<Engine | null> {
    return this.on ? this.model.fastest() : null;
  }

  /** The engine for what may take its time. */
  background(): Promise<Engine> | null {
    return this.on ? this.model.background() : null;
  }

  /** Shows the image of a latent as soon as it is there. */
  show(latent: Float32Array, show: (image: Float32Array) => void): void {
    this.local?.decode(latent).then(show).catch(this.onError);
  }
}

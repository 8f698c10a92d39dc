import type { Encoded, Engine } from "./engine";

/** A decoder that takes longer than a frame at 60 Hz leaves a hand behind: only then is another way worth a download. */
const FRAME = 1000 / 60;
/** Other work on the machine makes a decode slower, never quicker: the quickest of some is what counts. */
const TRIALS = 5;
/** The other way must be this much quicker: what the page itself draws is in want of the graphics processor as well. */
const WORTH = 0.7;

/** Whether the browser lets pages compute on a graphics processor, and not merely on one that it makes believe. */
export async function hasGpu(): Promise<boolean> {
  const gpu: GPU | undefined = navigator.gpu;
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  return adapter ? !adapter.info.isFallbackAdapter : false;
}

async function quickest(engine: Pick<Engine, "decode">, latent: Float32Array, trials: number): Promise<number> {
  let shortest = Infinity;
  for (let trial = 0; trial < trials; trial++) {
    const begun = performance.now();
    await engine.decode(latent);
    shortest = Math.min(shortest, performance.now() - begun);
  }
  return shortest;
}

/** Decodes where it is quickest: at first in a worker, and on the graphics processor once that has proved to be quicker. */
export class QuickestEngine implements Engine {
  private gpu: Engine | null = null;

  constructor(private readonly worker: Engine) {}

  async decode(latents: Float32Array): Promise<Float32Array> {
    const { gpu } = this;
    if (!gpu) return this.worker.decode(latents);
    try {
      return await gpu.decode(latents);
    } catch (error) {
      // The system may take the processor away at any time.
      console.warn("The graphics processor has failed: images are decoded without it.", error);
      if (this.gpu === gpu) this.gpu = null;
      return this.worker.decode(latents);
    }
  }

  means(latents: Float32Array): Promise<Float32Array> {
    return this.worker.means(latents);
  }

  encode(image: Float32Array): Promise<Encoded> {
    return this.worker.encode(image);
  }

  /** Turns to the graphics processor if the worker is too slow for a hand and `open`'s engine much quicker. */
  async consider(latent: Float32Array, open: () => Promise<Engine | null>): Promise<void> {
    try {
      const before = await quickest(this.worker, latent, TRIALS);
      if (before <= FRAME) return;
      const gpu = await open();
      if (!gpu) return;
      await gpu.decode(latent); // the first one prepares the processor
      const after = await quickest(gpu, latent, TRIALS);
      const chosen = after <= WORTH * before;
      if (chosen) this.gpu = gpu;
      const times = `${after.toFixed(1)} ms an image, ${before.toFixed(1)} without it`;
      console.info(`The graphics processor ${chosen ? "decodes from now on" : "is left alone"}: ${times}.`);
    } catch (error) {
      console.info("The graphics processor cannot decode this model; images are decoded without it.", error);
    }
  }
}

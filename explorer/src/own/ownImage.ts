import type { Engine } from "../engine/engine";
import type { Manifest } from "../model/manifest";
import { Failure } from "../base/failure";
import { bytesOfFloats, decodeText, encodeText, floatsOfBytes } from "../state/codec";
import type { LatentPrior } from "../plane/prior";
import { logLikelihood } from "./elbo";
import { framed, frameOf } from "./framing";
import { OwnImagePanel } from "./ownImagePanel";
import { refuseNoise } from "./picture";
import { type Posterior, posteriorOf } from "./posterior";
import type { Picture } from "./trainingPixels";

/** Draws from the posterior that the ELBO is averaged over, and the KL to a prior that was learned. */
const SAMPLES = 16;

export interface OwnImageHost {
  /** The engine for work that may take its time; null while nothing can be decoded. */
  engine(): Promise<Engine> | null;
  /** The probe is to follow the picture; `ended` unless it is still being drawn. */
  goTo(latent: Float32Array, ended: boolean): void;
  /** Where the picture is on the map; null when it has been wiped away. */
  mark(latent: Float32Array | null): void;
  pin(latent: Float32Array, name: string): void;
  standardNormal(): number;
  /** The model's prior where that was learned; null where it is N(0, I). */
  learnedPrior(): Promise<LatentPrior | null>;
}

/** A picture to be encoded: as the model is to see it, or null where there is nothing on it. */
interface Wanted {
  readonly input: () => Float32Array | null;
  readonly ended: boolean;
  /** Whether the probe goes to it. */
  readonly led: boolean;
}

/** Numbers of an image up to which it is kept: the browser has room for some five million letters. */
const LARGEST_KEPT = 3 * 256 ** 2;

/** KL(q ‖ p) of a posterior by draws of it, in nats. */
function estimatedKl(posterior: Posterior, draws: readonly Float32Array[], prior: LatentPrior): number {
  return draws.reduce((sum, latent) => sum + posterior.logDensity(latent) - prior.logDensity(latent), 0) / draws.length;
}

/** A picture of one's own: framed as the data were, encoded, decoded, and judged by its ELBO. */
export class OwnImage {
  readonly panel: OwnImagePanel;
  private shown: { readonly mean: Float32Array; readonly posterior: Posterior | null } | null = null;
  /** What the model sees of the picture. */
  private input: Float32Array | null = null;
  private name = "own image";
  private newest: Wanted | null = null;
  private running = false;
  /** Counts the times that a picture was given up: what was still being computed then is no longer wanted. */
  private wiped = 0;

  constructor(
    private readonly manifest: Manifest,
    private readonly host: OwnImageHost,
    signal: AbortSignal,
  ) {
    this.panel = new OwnImagePanel(
      manifest,
      {
        onPicture: (picture, ended, name) => this.want(picture, ended, name),
        onNone: () => this.forget(),
        onPin: () => this.shown && host.pin(this.shown.mean, this.name),
        onSample: () => this.shown?.posterior && host.goTo(this.shown.posterior.sample(() => host.standardNormal()), true),
      },
      signal,
    );
  }

  /** While one picture is being encoded, only the newest of those that come waits. */
  private want(picture: Picture, ended: boolean, name: string): void {
    const input = (): Float32Array | null => {
      refuseNoise();
      return framed(picture, frameOf(this.manifest));
    };
    this.take({ input, ended, led: true }, name);
  }

  /** The picture as a string for coming back to it, with what is on the pad; empty where there is none, or too large a one. */
  get kept(): string {
    const { input, name, panel } = this;
    return input && input.length <= LARGEST_KEPT ? encodeText([name, panel.drawing], [bytesOfFloats(input)]) : "";
  }

  /** Shows a picture that was kept, unless there is another by now; the probe stays where it is. */
  restore(kept: string): void {
    const { files, model } = this.manifest;
    const decoded = decodeText(kept);
    const input = floatsOfBytes(decoded?.blobs[0], model.channels * model.image_size ** 2);
    const [name, drawing] = Array.isArray(decoded?.value) ? (decoded.value as unknown[]) : [];
    if (!files.encoder || !input || typeof name !== "string" || this.input || this.running) return;
    this.panel.redraw(drawing);
    this.take({ input: () => input, ended: true, led: false }, name);
  }

  private take(wanted: Wanted, name: string): void {
    this.newest = wanted;
    this.name = name;
    if (!this.running) void this.work();
  }

  private forget(): void {
    this.wiped++;
    this.newest = null;
    this.shown = this.input = null;
    this.host.mark(null);
  }

  private async work(): Promise<void> {
    this.running = true;
    for (let wanted = this.newest; wanted; wanted = this.newest) {
      this.newest = null;
      try {
        await this.encode(wanted);
      } catch (error) {
        this.panel.say(Failure.from(error, "The picture could not be encoded.").message);
      }
    }
    this.running = false;
  }

  private async encode({ input: inputOf, ended, led }: Wanted): Promise<void> {
    const input = inputOf();
    if (!input) {
      this.panel.say("The picture is empty: there is nothing on it but its background.");
      return;
    }
    const { wiped } = this;
    const engine = await this.host.engine();
    if (!engine) return;
    const [encoded, prior] = await Promise.all([engine.encode(input), this.host.learnedPrior()]);
    const { mean } = encoded;
    const posterior = posteriorOf(encoded, this.manifest.model.posterior);
    const draws = posterior ? Array.from({ length: SAMPLES }, () => posterior.sample(() => this.host.standardNormal())) : [];
    const divergence = posterior && (prior ? estimatedKl(posterior, draws, prior) : posterior.kl());
    const reconstruction = await engine.decode(mean);
    if (wiped !== this.wiped) return;
    this.shown = { mean, posterior };
    this.input = input;
    this.panel.show({ input, reconstruction, elbo: null, kl: divergence });
    if (led) this.host.goTo(mean, ended);
    this.host.mark(mean);
    if (!ended || divergence === null || this.manifest.model.likelihood === "unknown") return;
    const elbo = (await this.expectedLogLikelihood(engine, input, draws)) - divergence;
    if (wiped !== this.wiped) return;
    this.panel.show({ input, reconstruction, elbo, kl: divergence });
  }

  private async expectedLogLikelihood(engine: Engine, input: Float32Array, draws: readonly Float32Array[]): Promise<number> {
    const { likelihood, variance, latent_dim } = this.manifest.model;
    const latents = new Float32Array(SAMPLES * latent_dim);
    draws.forEach((latent, sample) => latents.set(latent, sample * latent_dim));
    const means = await engine.means(latents);
    let total = 0;
    for (let sample = 0; sample < SAMPLES; sample++) {
      const decoded = means.subarray(sample * input.length, (sample + 1) * input.length);
      total += logLikelihood(input, decoded, likelihood, variance ?? 1);
    }
    return total / SAMPLES;
  }
}

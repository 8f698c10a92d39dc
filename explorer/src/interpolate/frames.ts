import type { Engine } from "../engine/engine";
import type { SceneReport } from "../options";
import { type Arrived, BATCH, FrameDecoder, type Wanted } from "./frameDecoder";
import { imageChanges } from "./imageChange";
import { CarriedLines, equalSteps, finely, flat, runningTotal, type Space, type Travelled } from "./paths";
import { type Found, pathOf, type Plan, planFrames, ROUNDS } from "./plan";
import { type Choices, isComputed, type Mode, MODES } from "./state";

/** Once nothing has moved for this long, in milliseconds, the figures of the path are worth computing. */
const REST = 250;
/** Images that a path is first measured by. */
const SAMPLES = 72;

/** The stop in the hand: its index, and the latent that it has there. */
export interface Held {
  readonly index: number;
  readonly latent: Float32Array;
}

export interface FramesHandlers {
  /** Nothing is being decoded: what is laid now is begun before what has come is shown. */
  onFree(): void;
  onArrival(arrived: Arrived, plan: Plan): void;
  /** Every frame is there and nothing has moved for a while: how far the images of each path are apart. */
  onRest(plan: Plan, changes: SceneReport["changes"]): void;
  /** The frames could not be decoded. */
  onError(error: unknown): void;
  /** The figures of the path could not be computed. */
  onNoFigures(error: unknown): void;
}

/** From what has been chosen to the decoded frames, live while a stop is in the hand. */
export class Frames {
  private readonly decoder: FrameDecoder;
  private current: Plan | null = null;
  private choices: Choices | null = null;
  private found: Found = {};
  private flow: CarriedLines | null = null;
  private held: Held | null = null;
  private wanted: Wanted | null = null;
  /** The way covered in images along a path: of use as long as the path is of the same kind, while it moves. */
  private measured: { readonly kind: string; readonly path: string; readonly travelled: Travelled } | null = null;
  private resting = 0;

  constructor(
    private readonly dimensions: number,
    private readonly engine: { live: Engine; background(): Promise<Engine> },
    private readonly handlers: FramesHandlers,
    private readonly signal: AbortSignal,
  ) {
    this.decoder = new FrameDecoder(engine.live, dimensions, {
      onFree: () => signal.aborted || handlers.onFree(),
      onArrival: (arrived) => this.arrive(arrived),
      onError: (error) => handlers.onError(error),
    });
    signal.addEventListener("abort", () => clearTimeout(this.resting), { once: true });
  }

  get plan(): Plan | null {
    return this.current;
  }

  /** Images are being decoded: what is wanted now is begun when they have come. */
  get busy(): boolean {
    return this.decoder.busy;
  }

  useEngine(engine: Engine): void {
    this.engine.live = engine;
    this.decoder.engine = engine;
  }

  /** From here on there are paths straight through a flow's own space. */
  useFlow(flow: Space): void {
    this.flow = new CarriedLines(flow);
  }

  /** Lays the frames anew and has them decoded. */
  lay(choices: Choices, found: Found, held: Held | null, pointerTime: number | null): void {
    this.choices = choices;
    this.found = found;
    const stops = this.stops(held);
    const plan = (this.current = planFrames(choices, stops, found, this.travelled(choices), this.flow));
    clearTimeout(this.resting);
    this.held = held;
    this.wanted = { latents: flat(plan.latents), columns: plan.columns, rows: plan.rows, held: held?.latent ?? null, pointerTime };
    this.decoder.want(this.wanted);
  }

  /** The plan for another number of frames, for a film. */
  planned(frames: number): Plan {
    const choices = this.choices!;
    return planFrames({ ...choices, frames }, this.stops(null), this.found, this.travelled(choices), this.flow);
  }

  /** What has been measured, as far as it holds for these choices. */
  private travelled(choices: Choices): Travelled | null {
    return choices.spacing === "image" && this.measured?.kind === kindOf(choices) ? this.measured.travelled : null;
  }

  private stops(held: Held | null): Float32Array[] {
    return this.choices!.stops.map(({ latent }, index) => (index === held?.index ? held.latent : latent));
  }

  private arrive(arrived: Arrived): void {
    if (this.signal.aborted || !this.current) return;
    this.handlers.onArrival(arrived, this.current);
    if (!arrived.complete || this.held || arrived.wanted !== this.wanted) return;
    clearTimeout(this.resting);
    if (this.choices!.spacing === "image" && this.choices!.shape === "path" && this.measured?.path !== this.pathKey()) this.measure().catch((error: unknown) => this.handlers.onNoFigures(error));
    else this.resting = window.setTimeout(() => this.rest().catch((error: unknown) => this.handlers.onNoFigures(error)), REST);
  }

  private pathKey(): string {
    const { stops, mode, beyond, frames } = this.choices!;
    const pieces = isComputed(mode) ? this.found[mode]?.pointsPerSegment : 0; // a sketch has fewer than what follows it
    return [mode, beyond, frames, pieces, this.flow !== null, ...stops.map(({ latent }) => latent.join())].join(";");
  }

  /** Measures the path by its images, then lays the frames at equal changes of those. */
  private async measure(): Promise<void> {
    const key = this.pathKey();
    const choices = this.choices!;
    const path = pathOf(choices.mode, this.stops(null), this.found, this.flow);
    let parameters = finely(choices.stops.length, choices.beyond, Math.ceil(SAMPLES / (choices.stops.length - 1 + 2 * choices.beyond)));
    for (let round = 0; round <= ROUNDS; round++) {
      const changes = await this.changesAlong(flat(parameters.map(path)));
      if (this.signal.aborted || key !== this.pathKey() || this.held) return;
      parameters = equalSteps({ parameters, covered: runningTotal(changes) }, choices.frames);
    }
    const covered = parameters.map((_, frame) => frame);
    this.measured = { kind: kindOf(choices), path: key, travelled: { parameters, covered } };
    this.lay(this.choices!, this.found, null, null);
  }

  private async rest(): Promise<void> {
    const { current: plan, choices } = this;
    if (!plan || !choices) return;
    const changes: Record<string, number[]> = {};
    if (choices.shape === "path") {
      for (const mode of MODES) {
        if ((isComputed(mode) && !this.found[mode]) || (mode === "flow" && !this.flow)) continue;
        changes[mode] = await this.changesOf(mode, plan);
        if (this.signal.aborted || plan !== this.current) return;
      }
    }
    this.handlers.onRest(plan, changes);
  }

  private changesOf(mode: Mode, plan: Plan): Promise<number[]> {
    const path = pathOf(mode, this.stops(null), this.found, this.flow);
    const latents = mode === this.choices!.mode ? plan.latents : plan.parameters.map(path);
    return this.changesAlong(flat(latents));
  }

  /** Decodes on the engine that no hand waits for, a few images at a time, and compares neighbours. */
  private async changesAlong(latents: Float32Array): Promise<number[]> {
    const engine = await this.engine.background();
    const count = latents.length / this.dimensions;
    const images: Float32Array[] = [];
    for (let start = 0; start < count; start += BATCH) {
      const decoded = await engine.decode(latents.slice(start * this.dimensions, (start + BATCH) * this.dimensions));
      const size = decoded.length / Math.min(BATCH, count - start);
      for (let first = 0; first < decoded.length; first += size) images.push(decoded.subarray(first, first + size));
    }
    return imageChanges(images);
  }
}

const kindOf = ({ stops, mode, beyond }: Choices): string => [stops.length, mode, beyond].join();

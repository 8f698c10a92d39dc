import { Failure } from "../base/failure";
import type { ComputedMode } from "./state";

/** How far the server is with what it was asked for. */
export interface Step {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** A path that was searched for by the decoder, as the server found it. */
export interface Geodesic {
  /** Of every part between two stops the same number, the stops among them. */
  readonly points: readonly Float32Array[];
  readonly pointsPerSegment: number;
  /** Lengths in image space of the straight line and of this. */
  readonly lineLength: number;
  readonly length: number;
  /** Mean log densities of the two, in nats. */
  readonly lineLogDensity: number;
  readonly logDensity: number;
  /** Whether the density is that of a prior that was fitted to the data, and not N(0, I). */
  readonly fitted: boolean;
}

export interface FilmWish {
  readonly latents: readonly Float32Array[];
  readonly format: string;
  readonly side: number;
  readonly framesPerSecond: number;
  readonly repeat: string;
}

/** What is sent and what comes back, as Python names it: `GeodesicWish` and `FilmWish`, and the desk's results. */
export interface GeodesicBody {
  readonly stops: readonly (readonly number[])[];
  readonly mode: ComputedMode;
}

export interface GeodesicResult {
  readonly points: readonly (readonly number[])[];
  readonly points_per_segment: number;
  readonly length: number;
  readonly line_length: number;
  readonly log_density: number;
  readonly line_log_density: number;
  readonly fitted: boolean;
}

export interface FilmBody {
  readonly latents: readonly (readonly number[])[];
  readonly format: string;
  readonly side: number;
  readonly frames_per_second: number;
  readonly repeat: string;
}

export interface FilmResult {
  readonly media_type: string;
  readonly base64: string;
}

interface Results {
  readonly geodesic: { readonly body: GeodesicBody; readonly result: GeodesicResult };
  readonly ready: { readonly body: Readonly<Record<string, never>>; readonly result: Readonly<Record<string, never>> };
  readonly film: { readonly body: FilmBody; readonly result: FilmResult };
}

/** What only the machine that serves the page can do, since it needs gradients or encoders. */
export class Service {
  constructor(
    /** The model's own address, which ends in a slash. */
    private readonly url: string,
  ) {}

  /** @param heard how far it is; and a coarse path of which this one is refined, as soon as there is one */
  async geodesic(mode: ComputedMode, stops: readonly Float32Array[], heard: { onStep(step: Step): void; onSketch(sketch: Geodesic): void }, signal: AbortSignal): Promise<Geodesic> {
    const body = { mode, stops: stops.map((stop) => [...stop]) };
    return geodesicOf(await this.ask("geodesic", body, (step) => heard.onStep(step), signal, (sketch) => heard.onSketch(geodesicOf(sketch))));
  }

  /** Has the server open the model, so that the first path is begun at once. What fails is met by whoever asks for one. */
  prepare(signal: AbortSignal): void {
    this.ask("ready", {}, () => undefined, signal).catch(() => undefined);
  }

  async film({ latents, framesPerSecond, ...wish }: FilmWish, onStep: (step: Step) => void, signal: AbortSignal): Promise<Blob> {
    const body = { ...wish, frames_per_second: framesPerSecond, latents: latents.map((latent) => [...latent]) };
    const made = await this.ask("film", body, onStep, signal);
    return new Blob([bytesOf(made.base64)], { type: made.media_type });
  }

  /** Sends a wish; the answer comes as lines of JSON, the last of them the result. */
  private async ask<What extends keyof Results>(
    what: What,
    wish: Results[What]["body"],
    onStep: (step: Step) => void,
    signal: AbortSignal,
    onSketch: (sketch: Results[What]["result"]) => void = () => undefined,
  ): Promise<Results[What]["result"]> {
    const response = await fetch(new URL(what, this.url), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(wish),
      signal,
    });
    if (!response.ok || !response.body) throw refused(await response.json().catch(() => null), response);
    for await (const line of linesOf(response.body)) {
      const told = JSON.parse(line) as { step?: Step; sketch?: Results[What]["result"]; result?: Results[What]["result"]; error?: string };
      if (told.step) onStep(told.step);
      if (told.sketch) onSketch(told.sketch);
      if (told.error) throw refused(told, response);
      if (told.result) return told.result;
    }
    throw new Failure("The server stopped before it was done.", "The connection was closed.", "Try again.");
  }
}

const geodesicOf = (found: GeodesicResult): Geodesic => ({
  points: found.points.map((point) => Float32Array.from(point)),
  pointsPerSegment: found.points_per_segment,
  lineLength: found.line_length,
  length: found.length,
  lineLogDensity: found.line_log_density,
  logDensity: found.log_density,
  fitted: found.fitted,
});

/** A film has tens of millions of bytes: a loop turns them in a tenth of the time that a function for each would take. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at);
  return bytes;
}

function refused(told: unknown, { status, headers }: Response): Failure {
  const error = (told as { error?: unknown } | null)?.error;
  const wait = headers.get("Retry-After");
  return new Failure("The server could not do this.", typeof error === "string" ? error : `It answered ${status}.`, wait ? `Try again in ${wait} s.` : "Try again.");
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    rest += decoder.decode(value, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop()!;
    yield* lines.filter((line) => line !== "");
  }
  if (rest !== "") yield rest;
}

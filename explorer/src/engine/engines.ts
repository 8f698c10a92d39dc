import { type Engine, type EngineSource, LocalEngine } from "./engine";
import { WorkerEngine } from "./workerEngine";

/** Models that stay open after the explorer that showed them has gone, so that coming back is instant. */
const KEPT = 4;

interface Entry {
  readonly local: LocalEngine;
  /** The engine for live use, once it has been chosen. */
  fastest: Promise<Engine> | null;
  /** The engine for whatever may take its time. */
  background: Promise<Engine> | null;
  users: number;
}

const entries = new Map<string, Entry>();

/** A share in the engine of one model; `close` gives it back. */
export class EngineLease {
  private readonly entry: Entry;

  constructor(
    private readonly source: EngineSource,
    load: (url: string) => Promise<ArrayBuffer>,
  ) {
    const known = entries.get(source.decoderUrl);
    this.entry = known ?? { local: new LocalEngine(source, load), fastest: null, background: null, users: 0 };
    // Entered anew, it is the last to be dropped.
    entries.delete(source.decoderUrl);
    entries.set(source.decoderUrl, this.entry);
    this.entry.users++;
    this.entry.local.preload();
  }

  /** The engine in this thread: the first to answer. */
  get local(): LocalEngine {
    return this.entry.local;
  }

  /** The engine to follow a hand with: this thread's if it is quick enough, otherwise a worker's. */
  fastest(workerUrl: string): Promise<Engine> {
    return (this.entry.fastest ??= choose(this.entry.local, () => this.background(workerUrl)));
  }

  /** The engine for work that no hand waits for: a worker's, so that the page answers meanwhile. */
  background(workerUrl: string): Promise<Engine> {
    return (this.entry.background ??= openWorker(this.entry.local, workerUrl, this.source));
  }

  /** A model that failed to open is forgotten, so that the next try starts afresh. */
  close(failed: boolean): void {
    this.entry.users--;
    if (failed && entries.get(this.source.decoderUrl) === this.entry) entries.delete(this.source.decoderUrl);
    for (const [url, entry] of entries) {
      if (entries.size <= KEPT) break;
      if (entry.users > 0) continue;
      entries.delete(url);
      void entry.local.release();
    }
  }
}

/** A frame at 60 Hz has 16.7 ms; a decode that takes more than this leaves too little for the page itself. */
const BUDGET = 8;
/** A busy machine may need some trials to show what it can do; a model far beyond the budget is not tried that often. */
const TRIALS = 10;
const HOPELESS = 3 * BUDGET;

async function choose(local: LocalEngine, background: () => Promise<Engine>): Promise<Engine> {
  await local.warm();
  let fastest = Infinity;
  for (let trial = 0; trial < TRIALS && fastest > BUDGET; trial++) {
    const begun = performance.now();
    await local.decode({ kind: "position", position: { x: trial, y: 0 }, anchor: null });
    fastest = Math.min(fastest, performance.now() - begun);
    if (trial > 1 && fastest > HOPELESS) break;
    // The page answers its user between the trials.
    await new Promise((resume) => setTimeout(resume));
  }
  return fastest <= BUDGET ? local : background();
}

async function openWorker(local: LocalEngine, workerUrl: string, source: EngineSource): Promise<Engine> {
  try {
    return await WorkerEngine.open(workerUrl, source);
  } catch (error) {
    console.warn("Images are decoded in the page itself, which may stutter: no worker could be started.", error);
    return local;
  }
}

import type { Encoded, Engine, EngineSource } from "./engine";
import type { Answer, Call } from "./workerProtocol";

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** A decoding worker of the page: it outlives any explorer, so that coming back to a page finds it warm. */
class DecodingWorker {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private calls = 0;

  constructor(
    url: string,
    private readonly name: string,
  ) {
    this.worker = new Worker(url, { type: "module", name });
    this.worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      const waiting = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ("error" in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data.value as never);
    });
    this.worker.addEventListener("error", (event) => this.end(event.message || "The decoding worker could not be started."));
    this.worker.addEventListener("messageerror", () => this.end("The decoding worker's answer could not be read."));
  }

  /** Whoever waits is told why; the next call starts another worker. */
  private end(why: string): void {
    this.worker.terminate();
    if (shared.get(this.name) === this) shared.delete(this.name);
    for (const { reject } of this.waiting.values()) reject(new Error(why));
    this.waiting.clear();
  }

  call<Value>(source: EngineSource, task: Call["task"]): Promise<Value> {
    const id = ++this.calls;
    return new Promise<Value>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, source, task } satisfies Call);
    });
  }
}

/** One a lane that computes itself and one that has the graphics processor do it: neither falls with the other. */
const shared = new Map<string, DecodingWorker>();

export class WorkerEngine implements Engine {
  private constructor(
    private readonly workerUrl: string,
    private readonly source: EngineSource,
    private readonly lane: number,
  ) {}

  /**
   * Resolves when the worker has the model open and warm.
   *
   * @param lane workers of different lanes compute side by side
   */
  static async open(workerUrl: string, source: EngineSource, lane = 0): Promise<WorkerEngine> {
    const engine = new WorkerEngine(workerUrl, source, lane);
    await engine.worker.call(source, { kind: "warm" });
    return engine;
  }

  private get worker(): DecodingWorker {
    const name = `${this.source.gpu ? "decoder on the graphics processor" : "decoder"}${this.lane === 0 ? "" : ` ${this.lane + 1}`}`;
    const worker = shared.get(name) ?? new DecodingWorker(this.workerUrl, name);
    shared.set(name, worker);
    return worker;
  }

  decode(latents: Float32Array): Promise<Float32Array> {
    return this.worker.call(this.source, { kind: "decode", argument: latents });
  }

  means(latents: Float32Array): Promise<Float32Array> {
    return this.worker.call(this.source, { kind: "means", argument: latents });
  }

  encode(image: Float32Array): Promise<Encoded> {
    return this.worker.call(this.source, { kind: "encode", argument: image });
  }
}

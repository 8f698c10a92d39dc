import type { Encoded, Engine, EngineSource } from "./engine";
import type { Answer, Call } from "./workerProtocol";

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** The one decoding worker of the page: it outlives any explorer, so that coming back to a page finds it warm. */
class DecodingWorker {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private calls = 0;

  constructor(url: string) {
    this.worker = new Worker(url, { type: "module", name: "decoder" });
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
    if (shared === this) shared = null;
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

let shared: DecodingWorker | null = null;

export class WorkerEngine implements Engine {
  private constructor(
    private readonly workerUrl: string,
    private readonly source: EngineSource,
  ) {}

  /** Resolves when the worker has the model open and warm. */
  static async open(workerUrl: string, source: EngineSource): Promise<WorkerEngine> {
    const engine = new WorkerEngine(workerUrl, source);
    await engine.worker.call(source, { kind: "warm" });
    return engine;
  }

  private get worker(): DecodingWorker {
    return (shared ??= new DecodingWorker(this.workerUrl));
  }

  decode(latents: Float32Array): Promise<Float32Array> {
    return this.worker.call(this.source, { kind: "decode", argument: latents });
  }

  encode(image: Float32Array): Promise<Encoded> {
    return this.worker.call(this.source, { kind: "encode", argument: image });
  }
}

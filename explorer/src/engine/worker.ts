import { type EngineSource, LocalEngine } from "./engine";
import { principalPlane } from "../plane/principalPlane";
import type { Answer, Call, LayoutAnswer, LayoutCall } from "./workerProtocol";

type Value = Extract<Answer, { value: unknown }>["value"];

/** Models that stay open, the one used last at the end, by all that decides what they answer. */
const KEPT = 4;
const engines = new Map<string, LocalEngine>();

function engineOf(source: EngineSource): LocalEngine {
  const key = JSON.stringify(source);
  const engine = engines.get(key) ?? new LocalEngine(source);
  engines.delete(key);
  engines.set(key, engine);
  const [oldest] = engines;
  if (engines.size > KEPT && oldest) {
    engines.delete(oldest[0]);
    void oldest[1].release();
  }
  return engine;
}

async function perform({ source, task }: Call): Promise<Value> {
  const engine = engineOf(source);
  if (task.kind === "warm") return engine.warm().then(() => null);
  return engine[task.kind](task.argument);
}

function answer(call: Call): void {
  const { id } = call;
  const reply = (answer: Answer): void => self.postMessage(answer);
  perform(call).then(
    (value) => reply({ id, value }),
    (error: unknown) => reply({ id, error: error instanceof Error ? error.message : String(error) }),
  );
}

function layOut({ latents, columns }: LayoutCall): void {
  const { offset, basis, explained } = principalPlane(latents, columns);
  self.postMessage({ offset, basis, explained } satisfies LayoutAnswer);
}

self.addEventListener("message", ({ data }: MessageEvent<Call | LayoutCall>) => ("task" in data ? answer(data) : layOut(data)));

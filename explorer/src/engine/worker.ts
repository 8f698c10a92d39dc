import { type EngineSource, LocalEngine } from "./engine";
import type { Answer, Call } from "./workerProtocol";

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
  if (task.kind === "decode") return engine.decode(task.argument);
  return engine[task.kind](task.argument);
}

self.addEventListener("message", (event: MessageEvent<Call>) => {
  const { id } = event.data;
  const reply = (answer: Answer): void => self.postMessage(answer);
  perform(event.data).then(
    (value) => reply({ id, value }),
    (error: unknown) => reply({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});

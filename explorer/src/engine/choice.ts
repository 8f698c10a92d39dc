import type { Engine, LocalEngine } from "./engine";

/** A frame at 60 Hz has 16.7 ms; a decode that takes more than this leaves too little for the page itself. */
const BUDGET = 8;
/** A busy machine may need some trials to show what it can do; a model far beyond the budget is not tried that often. */
const TRIALS = 10;
const HOPELESS = 3 * BUDGET;

/** The engine to follow a hand with: this thread's if it is quick enough, otherwise a worker's. */
export async function fastestOf(local: LocalEngine, background: () => Promise<Engine>): Promise<Engine> {
  await local.warm();
  let fastest = Infinity;
  for (let trial = 0; trial < TRIALS && fastest > BUDGET; trial++) {
    const begun = performance.now();
    await local.warm();
    fastest = Math.min(fastest, performance.now() - begun);
    if (trial > 1 && fastest > HOPELESS) break;
    // The page answers its user between the trials.
    await new Promise((resume) => setTimeout(resume));
  }
  return fastest <= BUDGET ? local : background();
}

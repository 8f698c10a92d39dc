import { random } from "../src/base/random";

export { random };

/** Draws from N(0, 1), by the transform of Box and Muller. */
export function normal(seed = 1): () => number {
  const next = random(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

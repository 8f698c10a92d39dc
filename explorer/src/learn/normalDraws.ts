import { random } from "../base/random";

/** Draws from N(0, 1) that are the same for the same seed, by the transform of Box and Muller. */
export function normalDraws(count: number, seed: number): Float64Array {
  const next = random(seed);
  const draws = new Float64Array(count);
  for (let slot = 0; slot < count; slot += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    draws[slot] = radius * Math.cos(angle);
    if (slot + 1 < count) draws[slot + 1] = radius * Math.sin(angle);
  }
  return draws;
}

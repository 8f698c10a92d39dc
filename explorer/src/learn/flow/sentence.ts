import { inWords } from "../plot";
import { logBase, type Pair } from "./flow";

/** Stretching by less than this is not worth a word. */
const STILL = 0.01;

/** What is seen: what the flow does to space at the hand, and so to the density. */
export function sentence(hand: Pair, logDet: number, depth: number, layers: number): string {
  const [before, after] = [Math.exp(logBase(hand)), Math.exp(logBase(hand) - logDet)];
  const begin = depth >= layers ? `After all ${layers} layers` : `After ${inWords(depth, 1)} of ${layers} layers`;
  const factor = inWords(Math.exp(Math.abs(logDet)), 2);
  const densities = `from ${before.toPrecision(3)} to ${after.toPrecision(3)}`;
  if (Math.abs(logDet) < STILL) return `${begin} the square at the hand is as large as before: the density is still ${after.toPrecision(3)}.`;
  if (logDet > 0) return `${begin} space is stretched ${factor} times at the hand: the same draws are spread thinner, and the density falls ${densities}.`;
  return `${begin} space is squeezed ${factor} times at the hand: the same draws lie closer, and the density rises ${densities}.`;
}

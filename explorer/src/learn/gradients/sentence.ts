import { inWords } from "../plot";
import type { Setting } from "./estimators";

const GREEK = { mean: "μ", logSigma: "log σ" };

/** Variances that differ by less than this factor are called alike. */
const ALIKE = 1.25;

const times = (factor: number): string => (factor >= 10 ? Math.round(factor).toLocaleString("en") : inWords(factor, 1));

/** What is seen: how the two variances compare; `ratio` is the score function's over the pathwise one, null of a step. */
export function sentence(setting: Setting, exact: number, ratio: number | null): string {
  const begin = `The gradient by ${GREEK[setting.parameter]} is ${inWords(exact, 3)}.`;
  if (ratio === null) return `${begin} A step has no slope: the pathwise estimate says 0 every time, which is wrong. Only the score function finds it.`;
  if (ratio > ALIKE) return `${begin} The score function’s variance is ${times(ratio)} times the pathwise one: it takes ${times(ratio)} times the draws for the same error.`;
  if (ratio < 1 / ALIKE) return `${begin} Here the pathwise variance is the larger one, ${times(1 / ratio)} times the other: the slopes of h are steeper than h is high.`;
  return `${begin} Here the two variances are about the same.`;
}

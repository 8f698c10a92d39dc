import { inWords } from "../plot";
import type { Terms } from "./gaussian";

/** Below this many nats nobody would see a difference. */
const NOTHING = 0.005;

/** What is seen: the divergence, and what most of it is for. */
export function sentence({ trace, meanSquare, dimensions, negativeLogDet, divergence }: Terms, deviations: readonly [number, number]): string {
  if (divergence < NOTHING) return "KL = 0 nats: q is N(0, I). Such a latent costs nothing, and says nothing of its image.";
  const forPlace = meanSquare / 2;
  const forShape = (trace + dimensions + negativeLogDet) / 2;
  const begin = `KL = ${inWords(divergence, 2)} nats: ${inWords(forPlace, 2)} for where q is, ${inWords(forShape, 2)} for its shape.`;
  if (forPlace > forShape) return `${begin} Moving away costs by the square of the distance.`;
  if (Math.min(...deviations) < 0.35) return `${begin} Narrow is dear: −log det Σ grows without end as an axis goes to 0.`;
  if (Math.max(...deviations) > 1.5) return `${begin} Wide is dear as well: the trace grows by the square of the width.`;
  return `${begin} No shape but the round one of width 1 is free.`;
}

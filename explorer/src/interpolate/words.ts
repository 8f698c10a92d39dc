import type { Plan } from "./plan";
import { letterOf, type Stop } from "./state";

/** Nearer to a stop than this, a frame is said to be on it. */
const ON = 1e-6;

const nameOf = (stops: readonly Stop[], index: number): string => `${letterOf(index)} · ${stops[index]?.name ?? ""}`;

/** Where a frame is, in words. */
export function frameWords(frame: number, { parameters, latents, columns, rows }: Plan, stops: readonly Stop[]): string {
  if (rows > 1) return `Row ${Math.floor(frame / columns) + 1}, column ${(frame % columns) + 1} of ${columns} × ${rows}`;
  const t = parameters[frame] ?? 0;
  return `Frame ${frame + 1} of ${latents.length}: ${placeWords(t, stops)}`;
}

/** What is on show while a stop is carried. */
export const heldWords = (index: number, stops: readonly Stop[]): string => `Stop ${nameOf(stops, index)}, in the hand`;

function placeWords(t: number, stops: readonly Stop[]): string {
  const last = stops.length - 1;
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  if (t < -ON) return `${percent(-t)} before ${nameOf(stops, 0)}`;
  if (t > last + ON) return `${percent(t - last)} beyond ${nameOf(stops, last)}`;
  const nearest = Math.round(t);
  if (Math.abs(t - nearest) <= ON) return nameOf(stops, nearest);
  const from = Math.floor(t);
  return `${percent(t - from)} from ${nameOf(stops, from)} to ${nameOf(stops, from + 1)}`;
}

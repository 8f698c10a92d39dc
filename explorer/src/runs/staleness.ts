import type { RunNow } from "./poll";

/** Each run's standing by name, as the page shows it. */
export type ShownRuns = Readonly<Record<string, string>>;

/** Whether the page shows runs that are not there, or not of that standing, or lacks some. */
export function isStale(shown: ShownRuns, now: readonly RunNow[]): boolean {
  return now.length !== Object.keys(shown).length || now.some((run) => shown[run.name] !== run.standing);
}

import type { RunNow } from "./poll";

/** What the page shows of the runs. */
export interface ShownRuns {
  /** Each run's state, by name. */
  readonly states: Readonly<Record<string, string>>;
  /** The run whose charts are shown, and what they show of it. */
  readonly opened: string | null;
  readonly change: string;
}

/** Milliseconds between two drawings of the charts, however short the epochs are: each costs the machine that trains. */
export const CHARTS_REST = 3000;

/** Whether the page has to be drawn anew: at once where a state has changed, now and then where charts have grown. */
export function isStale(shown: ShownRuns, now: readonly RunNow[], shownFor: number): boolean {
  if (now.length !== Object.keys(shown.states).length) return true;
  if (now.some((run) => shown.states[run.name] !== run.state)) return true;
  const opened = now.find((run) => run.name === shown.opened);
  return opened !== undefined && opened.change !== shown.change && shownFor >= CHARTS_REST;
}

import type { RunNow } from "./poll";

/** Each run by name, as the page shows it: its state, what it offers to do with it, and what is wrong with it. */
export type ShownRuns = Readonly<Record<string, Pick<RunNow, "state" | "actions" | "finding">>>;

/** Whether the page shows runs that are not there, or not as they are, or lacks some. */
export function isStale(shown: ShownRuns, now: readonly RunNow[]): boolean {
  return now.length !== Object.keys(shown).length || now.some((run) => !isShown(run, shown[run.name]));
}

function isShown(run: RunNow, shown: ShownRuns[string] | undefined): boolean {
  return shown?.state === run.state && shown.finding === run.finding && shown.actions.join() === run.actions.join();
}

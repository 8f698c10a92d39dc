import type { RunNow } from "./poll";
import type { ShownRuns } from "./staleness";

interface CommonOptions {
  /** Where runs are asked for, relative to the page; ends in a slash. */
  readonly runsUrl: string;
}

/** How far one run is, in words and as a bar. */
export interface ProgressOptions extends CommonOptions {
  readonly part: "progress";
  readonly run: RunNow;
}

/** What one run has learned so far. */
export interface LearnedOptions extends CommonOptions {
  readonly part: "learned";
  readonly run: RunNow;
}

/** Nothing to see: calls when the page shows the runs otherwise than they are. */
export interface WatcherOptions extends CommonOptions {
  readonly part: "watcher";
  readonly shown: ShownRuns;
  readonly onChange?: () => void;
}

export type RunsOptions = ProgressOptions | LearnedOptions | WatcherOptions;

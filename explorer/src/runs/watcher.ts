import { absoluteUrl } from "../options";
import { element } from "../page/dom";
import type { WatcherOptions } from "./options";
import { pollOf, type RunNow } from "./poll";
import { isStale } from "./staleness";

/** Milliseconds until a call is made again that has changed nothing. */
const PATIENCE = 3000;

/** Calls when the page shows the runs otherwise than they are. */
export class Watcher {
  readonly root = element("div", { hidden: true });
  private calledAt = -Infinity;

  constructor(
    private options: WatcherOptions,
    signal: AbortSignal,
  ) {
    pollOf(absoluteUrl(options.runsUrl)).listen((runs) => this.look(runs), signal);
  }

  update(options: WatcherOptions): void {
    this.options = options;
    this.calledAt = -Infinity;
  }

  private look(runs: readonly RunNow[]): void {
    if (performance.now() - this.calledAt < PATIENCE || !isStale(this.options.shown, runs)) return;
    this.calledAt = performance.now();
    this.options.onChange?.();
  }
}

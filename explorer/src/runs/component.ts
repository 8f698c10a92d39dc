import { absoluteUrl } from "../options";
import { element, setText } from "../page/dom";
import styles from "../styles/runs.css";
import { pollOf, type RunNow } from "./poll";
import { CHARTS_REST, isStale, type ShownRuns } from "./staleness";

export interface RunsOptions {
  /** Where the runs are asked for, relative to the page. */
  readonly runsUrl: string;
  /** The run whose progress is shown; null for the one part that watches them all, and shows nothing. */
  readonly row: RunNow | null;
  /** What the page shows; null where `row` is one. */
  readonly shown: ShownRuns | null;
  /** Called when the page no longer shows what there is. */
  readonly onChange?: () => void;
}

/** A part of the Train page. */
export interface RunsPart {
  update(options: RunsOptions): void;
  destroy(): void;
}

/** How far a run is: words and a bar. Nothing of it moves by itself, since each frame is taken from the training. */
class ProgressRow implements RunsPart {
  private readonly lifetime = new AbortController();
  private readonly words = element("p", { class: "words" });
  private readonly bar = element("div", { class: "bar" });
  private readonly track = element("div", { class: "track", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, this.bar);
  private readonly root = element("div", { class: "run" }, this.words, this.track);

  constructor(parent: HTMLElement | ShadowRoot, url: string, row: RunNow) {
    parent.append(element("style", {}, styles), this.root);
    this.track.setAttribute("aria-label", `Training of ${row.name}`);
    this.show(row);
    const show = (runs: readonly RunNow[]): void => {
      const run = runs.find(({ name }) => name === row.name);
      if (run) this.show(run);
    };
    pollOf(url).listen(show, this.lifetime.signal);
  }

  update({ row }: RunsOptions): void {
    if (row) this.show(row);
  }

  destroy(): void {
    this.lifetime.abort();
  }

  private show({ words, progress }: RunNow): void {
    setText(this.words, words);
    this.track.hidden = progress === null;
    if (progress === null) return;
    this.bar.style.width = `${100 * progress}%`;
    this.track.setAttribute("aria-valuenow", String(Math.round(100 * progress)));
  }
}

/** Calls for a new drawing when there is more to see than is shown, and again if none has come after a while. */
class Watcher implements RunsPart {
  private readonly lifetime = new AbortController();
  private drawnAt = performance.now();
  private calledAt = -Infinity;

  constructor(
    url: string,
    private shown: ShownRuns,
    private readonly call: () => void,
  ) {
    pollOf(url).listen((runs) => this.look(runs), this.lifetime.signal);
  }

  update({ shown }: RunsOptions): void {
    if (!shown || JSON.stringify(shown) === JSON.stringify(this.shown)) return;
    this.shown = shown;
    this.drawnAt = performance.now();
    this.calledAt = -Infinity;
  }

  destroy(): void {
    this.lifetime.abort();
  }

  private look(runs: readonly RunNow[]): void {
    const now = performance.now();
    if (now - this.calledAt < CHARTS_REST || !isStale(this.shown, runs, now - this.drawnAt)) return;
    this.calledAt = now;
    this.call();
  }
}

/** Puts a part of the Train page into an element or a shadow root, after whatever is there. */
export function mount(parent: HTMLElement | ShadowRoot, options: RunsOptions): RunsPart {
  const { row, shown } = options;
  const url = absoluteUrl(options.runsUrl);
  if (row) return new ProgressRow(parent, url, row);
  if (shown) return new Watcher(url, shown, () => options.onChange?.());
  throw new TypeError("neither a run to show nor what is shown");
}

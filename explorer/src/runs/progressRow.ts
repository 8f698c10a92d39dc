import { absoluteUrl } from "../options";
import { element, setText } from "../page/dom";
import type { ProgressOptions } from "./options";
import { pollOf, type RunNow } from "./poll";

/** How far a run is: words and a bar. Nothing of it moves by itself, since each frame is taken from the training. */
export class ProgressRow {
  private readonly words = element("p", { class: "words" });
  private readonly bar = element("div", { class: "bar" });
  private readonly track = element("div", { class: "track", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, this.bar);
  readonly root = element("div", {}, this.words, this.track);

  constructor({ run, runsUrl }: ProgressOptions, signal: AbortSignal) {
    this.track.setAttribute("aria-label", `Training of ${run.title}`);
    this.show(run);
    const show = (runs: readonly RunNow[]): void => {
      const now = runs.find(({ name }) => name === run.name);
      if (now) this.show(now);
    };
    pollOf(absoluteUrl(runsUrl)).listen(show, signal);
  }

  update({ run }: ProgressOptions): void {
    this.show(run);
  }

  private show({ words, progress }: RunNow): void {
    setText(this.words, words);
    this.track.classList.toggle("unknown", progress === null);
    if (progress === null) return;
    this.bar.style.width = `${100 * progress}%`;
    this.track.setAttribute("aria-valuenow", String(Math.round(100 * progress)));
  }
}

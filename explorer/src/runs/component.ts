import { element } from "../page/dom";
import { adoptStyles } from "../page/styles";
import styles from "../styles/training.css";
import { LearnedView } from "./learnedView";
import type { RunsOptions } from "./options";
import { ProgressRow } from "./progressRow";
import { Watcher } from "./watcher";

/** A part of the Train page, mounted. */
export interface RunsPart {
  /** Takes new options; also to be called when the page's theme has changed. */
  update(options: RunsOptions): void;
  destroy(): void;
}

/** Puts a part of the Train page into an element or a shadow root, after whatever is there; it stays that part. */
export function mount(parent: HTMLElement | ShadowRoot, options: RunsOptions): RunsPart {
  const lifetime = new AbortController();
  const part = partFor(options, lifetime.signal);
  const root = element("div", { class: "latent-explorer runs" }, part.root);
  parent.append(root);
  const removeStyles = adoptStyles(root, styles);
  if (part instanceof LearnedView) part.open(options.runsUrl);
  return {
    update: (next) => part.update(next as never),
    destroy: () => {
      lifetime.abort();
      root.remove();
      removeStyles();
    },
  };
}

function partFor(options: RunsOptions, signal: AbortSignal): ProgressRow | LearnedView | Watcher {
  switch (options.part) {
    case "progress":
      return new ProgressRow(options, signal);
    case "learned":
      return new LearnedView(options, signal);
    case "watcher":
      return new Watcher(options, signal);
  }
}

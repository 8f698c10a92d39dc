import { MountedRoot } from "../page/mountedRoot";
import styles from "../styles/learning.css";
import { Frame } from "./frame";
import { setHues } from "./hues";
import type { LearnOptions } from "./options";

/** The Learn page, mounted. */
export interface Learning {
  /** To be called when the page's theme has changed, or what is given; what else the options say stays as it was. */
  update(options: LearnOptions): void;
  destroy(): void;
}

/** Puts the lessons into an element or a shadow root, after whatever is there. */
export function mount(parent: HTMLElement | ShadowRoot, options: LearnOptions): Learning {
  const mounted: MountedRoot = new MountedRoot(parent, "latent-explorer learn", styles, (theme) => {
    setHues(mounted.root, theme);
    frame.setTheme(theme);
  });
  const frame = new Frame(options, mounted.signal);
  mounted.root.append(frame.root);
  mounted.applyTheme();
  frame.begin();
  return {
    update: ({ given }) => {
      mounted.applyTheme();
      frame.give(given);
    },
    destroy: () => mounted.remove(),
  };
}

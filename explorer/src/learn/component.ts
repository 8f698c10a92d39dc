import { element } from "../page/dom";
import { adoptStyles } from "../page/styles";
import { onSystemTheme, readTheme } from "../page/theme";
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
  const lifetime = new AbortController();
  const frame = new Frame(options, lifetime.signal);
  const root = element("div", { class: "latent-explorer learn" }, frame.root);
  parent.append(root);
  const removeStyles = adoptStyles(root, styles);
  const applyTheme = (): void => {
    const theme = readTheme(root);
    root.classList.toggle("dark", theme.dark);
    setHues(root, theme);
    frame.setTheme(theme);
  };
  onSystemTheme(applyTheme, lifetime.signal);
  applyTheme();
  frame.begin();
  return {
    update: ({ given }) => {
      applyTheme();
      frame.give(given);
    },
    destroy: () => {
      lifetime.abort();
      root.remove();
      removeStyles();
    },
  };
}

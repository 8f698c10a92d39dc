import { Failure } from "../base/failure";
import { element } from "../page/dom";
import { checkPolicy } from "../page/policy";
import { failurePanel } from "../page/status";
import { adoptStyles } from "../page/styles";
import { onSystemTheme, readTheme } from "../page/theme";
import styles from "../styles/comparison.css";
import { type CompareOptions, sameModels } from "./options";
import { ComparisonScene } from "./scene";

/** A comparison on the page. */
export interface Comparison {
  /** Takes new options; also to be called when the page's theme has changed. */
  update(options: CompareOptions): void;
  destroy(): void;
}

class MountedComparison implements Comparison {
  private readonly root = element("div", { class: "latent-explorer" });
  private readonly lifetime = new AbortController();
  private readonly removeStyles: () => void;
  private abort = new AbortController();
  private scene: ComparisonScene | null = null;

  constructor(
    parent: HTMLElement | ShadowRoot,
    private options: CompareOptions,
  ) {
    parent.append(this.root);
    this.removeStyles = adoptStyles(this.root, styles);
    onSystemTheme(() => this.applyTheme(), this.lifetime.signal);
    this.open();
  }

  update(options: CompareOptions): void {
    const same = sameModels(options, this.options);
    this.options = options;
    if (same) this.applyTheme();
    else this.open();
  }

  destroy(): void {
    this.abort.abort();
    this.lifetime.abort();
    this.root.remove();
    this.removeStyles();
  }

  private applyTheme(): void {
    const theme = readTheme(this.root);
    this.root.classList.toggle("dark", theme.dark);
    this.scene?.setTheme(theme);
  }

  private open(): void {
    this.abort.abort();
    const abort = (this.abort = new AbortController());
    this.root.removeAttribute("data-ready");
    try {
      checkPolicy();
      const handlers = {
        onReady: () => (this.root.dataset["ready"] = "true"),
        dispatch: (name: string, detail: object) => this.root.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true })),
      };
      this.scene = new ComparisonScene(this.options, handlers, abort.signal);
      this.root.replaceChildren(this.scene.root);
      this.applyTheme();
      void this.scene.open();
    } catch (error) {
      this.scene = null;
      this.root.replaceChildren(failurePanel(Failure.from(error, "The models could not be compared."), () => this.open()));
    }
  }
}

/** Puts a comparison into an element or a shadow root, after whatever is there. */
export function mount(parent: HTMLElement | ShadowRoot, options: CompareOptions): Comparison {
  return new MountedComparison(parent, options);
}

import { Failure } from "../base/failure";
import { MountedRoot } from "../page/mountedRoot";
import { checkPolicy } from "../page/policy";
import { failurePanel } from "../page/status";
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
  private readonly mounted: MountedRoot;
  private abort = new AbortController();
  private scene: ComparisonScene | null = null;

  constructor(
    parent: HTMLElement | ShadowRoot,
    private options: CompareOptions,
  ) {
    this.mounted = new MountedRoot(parent, "latent-explorer", styles, (theme) => this.scene?.setTheme(theme));
    this.open();
  }

  update(options: CompareOptions): void {
    const same = sameModels(options, this.options);
    this.options = options;
    if (same) this.mounted.applyTheme();
    else this.open();
  }

  destroy(): void {
    this.abort.abort();
    this.mounted.remove();
  }

  private get root(): HTMLElement {
    return this.mounted.root;
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
      this.mounted.applyTheme();
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

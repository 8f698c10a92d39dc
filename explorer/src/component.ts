import { Failure } from "./base/failure";
import { borrowModel } from "./opened/shelf";
import { type ExplorerOptions, sameModel } from "./options";
import { InterpolationScene } from "./interpolate/scene";
import { Scene } from "./explore/scene";
import { checkPolicy } from "./page/policy";
import { failurePanel, ProgressBar, skeleton } from "./page/status";
import { MountedRoot } from "./page/mountedRoot";
import styles from "./styles/explorer.css";
import type { Theme } from "./page/theme";

export type { ExplorerOptions } from "./options";

/** An explorer on the page. */
export interface Explorer {
  /** Takes new options; also to be called when the page's theme has changed. */
  update(options: ExplorerOptions): void;
  /** Takes the explorer off the page, with its listeners and whatever it was loading. */
  destroy(): void;
}

/** A page on one model. */
interface PageScene {
  readonly root: HTMLElement;
  setTheme(theme: Theme): void;
  /** Shows what there is as soon as it has arrived. */
  open(): Promise<void>;
  close(): void;
}

class MountedExplorer implements Explorer {
  private readonly mounted: MountedRoot;
  private abort = new AbortController();
  private scene: PageScene | null = null;

  constructor(
    parent: HTMLElement | ShadowRoot,
    private options: ExplorerOptions,
  ) {
    this.mounted = new MountedRoot(parent, "latent-explorer", styles, (theme) => this.scene?.setTheme(theme));
    this.open();
  }

  update(options: ExplorerOptions): void {
    const same = sameModel(options, this.options);
    this.options = options;
    if (same) this.mounted.applyTheme();
    else this.open();
  }

  destroy(): void {
    this.close();
    this.mounted.remove();
  }

  private get root(): HTMLElement {
    return this.mounted.root;
  }

  private close(): void {
    this.abort.abort();
    this.scene?.close();
    this.scene = null;
  }

  private open(): void {
    this.close();
    const abort = (this.abort = new AbortController());
    this.root.removeAttribute("data-ready");
    this.mounted.applyTheme();
    const progress = new ProgressBar();
    this.root.replaceChildren(progress.root, skeleton());
    this.load(abort.signal, progress).catch((error: unknown) => this.fail(error, abort.signal));
  }

  private async load(signal: AbortSignal, progress: ProgressBar): Promise<void> {
    const { options } = this;
    if (options.decoding) checkPolicy();
    const model = await borrowModel(options, signal);
    model.meter.listen((share) => progress.set(share), signal);
    const common = {
      onReady: () => {
        progress.finish();
        this.root.dataset["ready"] = "true";
      },
      onError: (error: unknown) => this.fail(error, signal),
      dispatch: (name: string, detail: object) => this.root.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true })),
    };
    const scene: PageScene =
      options.page === "explore"
        ? new Scene(model, options, common, signal)
        : new InterpolationScene(model, options, { ...common, onScene: (report) => this.options.onScene?.(report) }, signal);
    this.scene = scene;
    this.root.replaceChildren(progress.root, scene.root);
    this.mounted.applyTheme();
    await scene.open();
  }

  private fail(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.close();
    this.root.removeAttribute("data-ready");
    this.root.replaceChildren(failurePanel(Failure.from(error, "The explorer could not go on."), () => this.open()));
  }
}

/** Puts an explorer into an element or a shadow root, after whatever is there. */
export function mount(parent: HTMLElement | ShadowRoot, options: ExplorerOptions): Explorer {
  return new MountedExplorer(parent, options);
}

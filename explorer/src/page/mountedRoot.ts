import { element } from "./dom";
import { adoptStyles } from "./styles";
import { onSystemTheme, readTheme, type Theme } from "./theme";

/** The root of a part of the page: there with its styles, as light or dark as the page is, until it is taken off. */
export class MountedRoot {
  readonly root: HTMLElement;
  private readonly lifetime = new AbortController();
  private readonly removeStyles: () => void;

  constructor(
    parent: HTMLElement | ShadowRoot,
    names: string,
    styles: string,
    private readonly onTheme: (theme: Theme) => void,
  ) {
    this.root = element("div", { class: names });
    parent.append(this.root);
    this.removeStyles = adoptStyles(this.root, styles);
    onSystemTheme(() => this.applyTheme(), this.lifetime.signal);
  }

  /** Ends when the part is taken off the page. */
  get signal(): AbortSignal {
    return this.lifetime.signal;
  }

  applyTheme(): void {
    const theme = readTheme(this.root);
    this.root.classList.toggle("dark", theme.dark);
    this.onTheme(theme);
  }

  remove(): void {
    this.lifetime.abort();
    this.root.remove();
    this.removeStyles();
  }
}

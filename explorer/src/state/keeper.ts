import { decoderDigits, type Manifest } from "../model/manifest";
import { type Address, inQuery } from "./address";

/** What the browser would not keep, or had no room for: it ends with the page. */
const memory = new Map<string, string>();

interface Kept {
  /** The link that the page has been opened by, which is not opened again. */
  readonly link: string | null;
  readonly text: string;
}

function read(key: string): Kept | null {
  let text = memory.get(key) ?? null;
  try {
    text ??= sessionStorage.getItem(key);
    const stored: unknown = JSON.parse(text ?? "null");
    if (typeof stored !== "object" || stored === null) return null;
    const { link, text: kept } = stored as Record<string, unknown>;
    return typeof kept === "string" && (typeof link === "string" || link === null) ? { link, text: kept } : null;
  } catch {
    return null; // a browser that keeps nothing, or something that is not ours
  }
}

function write(key: string, kept: Kept): void {
  const text = JSON.stringify(kept);
  try {
    sessionStorage.setItem(key, text);
    memory.delete(key);
  } catch {
    memory.set(key, text);
  }
}

/** Links that have been opened, and where: they stay in the address when another model is picked, which they say nothing to. */
const opened = new Map<string, string>();

/** A state that stays as it is for this long, in milliseconds, is kept. */
const REST = 200;

/** Keeps the state of one page on one model for as long as its tab lives, and knows the link that it was opened by. */
export class Keeper {
  private readonly key: string;
  private readonly link: string | null;
  private kept: string | null = null;
  private timer = 0;

  /**
   * @param parameter of the page's address that holds a state
   * @param encode the state on show; null while there is none, or none worth keeping
   */
  constructor(
    page: string,
    private readonly parameter: string,
    manifest: Manifest,
    private readonly encode: () => string | null,
    signal: AbortSignal,
    private readonly onKept: (text: string) => void = () => undefined,
    private readonly place: Address = inQuery,
  ) {
    this.key = `latent-explorer/${page}/${manifest.name}/${decoderDigits(manifest)}`;
    this.link = place.get(parameter);
    window.addEventListener("pagehide", () => this.flush(), { signal });
    signal.addEventListener("abort", () => this.flush(), { once: true });
  }

  /** The state to begin with: the address's, unless this tab has gone on from it since; null for the model's own. */
  begin(): { readonly text: string; readonly linked: boolean } | null {
    const kept = read(this.key);
    if (this.link !== null && kept?.link !== this.link && (opened.get(this.link) ?? this.key) === this.key) return { text: this.link, linked: true };
    return kept && { text: kept.text, linked: false };
  }

  /** What `begin` gave has been shown. */
  shown(): void {
    if (this.link !== null) opened.set(this.link, this.key);
  }

  /** Something may have changed: once nothing does any more, it is kept. */
  soon(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.keep(), REST);
  }

  /** The page's own address with a state of this model in it. */
  address(model: string, text: string): string {
    // A page with several models names the one on show by this parameter, except for its first.
    return this.place.with({ model: this.place.get("model") ?? model, [this.parameter]: text });
  }

  private flush(): void {
    if (this.timer === 0) return;
    clearTimeout(this.timer);
    this.keep();
  }

  private keep(): void {
    this.timer = 0;
    const text = this.encode();
    if (text === null || text === this.kept) return;
    this.kept = text;
    write(this.key, { link: this.link, text });
    this.onKept(text);
  }
}

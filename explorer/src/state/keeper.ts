import { decoderDigits, type Manifest } from "../model/manifest";

/** What this tab keeps where the browser keeps nothing: it ends with the page. */
const memory = new Map<string, string>();

interface Kept {
  /** The link that the page has been opened by, which is not opened again. */
  readonly link: string | null;
  readonly text: string;
}

function read(key: string): Kept | null {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? memory.get(key) ?? "null");
    if (typeof stored !== "object" || stored === null) return null;
    const { link, text } = stored as Record<string, unknown>;
    return typeof text === "string" && (typeof link === "string" || link === null) ? { link, text } : null;
  } catch {
    return null;
  }
}

function write(key: string, kept: Kept): void {
  const text = JSON.stringify(kept);
  memory.set(key, text);
  try {
    sessionStorage.setItem(key, text);
  } catch {
    // A browser that keeps nothing, or no more: the memory has it until the page is left for good.
  }
}

/** Keeps the state of one page on one model for as long as its tab lives, and knows the link that it was opened by. */
export class Keeper {
  private readonly key: string;
  private readonly link: string | null;
  private kept: string | null = null;

  /** @param parameter of the page's address that holds a state */
  constructor(
    page: string,
    private readonly parameter: string,
    manifest: Manifest,
  ) {
    this.key = `latent-explorer/${page}/${manifest.name}/${decoderDigits(manifest)}`;
    this.link = new URLSearchParams(location.search).get(parameter);
  }

  /** The state to begin with: the address's, unless this tab has gone on from it since; null for the model's own. */
  begin(): { readonly text: string; readonly linked: boolean } | null {
    const kept = read(this.key);
    this.kept = kept?.text ?? null;
    if (this.link !== null && kept?.link !== this.link) return { text: this.link, linked: true };
    return kept && { text: kept.text, linked: false };
  }

  keep(text: string): void {
    if (text === this.kept) return;
    this.kept = text;
    write(this.key, { link: this.link, text });
  }

  /** The page's own address with a state of this model in it. */
  address(model: string, text: string): string {
    const url = new URL(location.href);
    // A page with several models names the one on show by this parameter, except for its first.
    if (!url.searchParams.has("model")) url.searchParams.set("model", model);
    url.searchParams.set(this.parameter, text);
    return url.href;
  }
}

import type { Theme } from "../page/theme";

/** A lesson in the list: what is known of it before its text and its play have been fetched. */
export interface Heading {
  readonly number: number;
  /** Its folder here, and its name in links' states and in file names. */
  readonly slug: string;
  readonly title: string;
}

/**
 * A paragraph, in which $…$ is a formula and **…** stands out; a formula on a line of its own; or a note, set apart,
 * where what everybody says is only partly true. In formulas `\s{name}` is a symbol of `symbols.ts`.
 */
export type Block = string | { readonly formula: string } | { readonly note: string };

/** Another page of this app, where the idea is at work: "train" and "preset=…", say. */
export interface AppLink {
  readonly words: string;
  readonly page: string;
  /** Without its question mark; may be empty. */
  readonly query: string;
}

export interface Reading {
  readonly words: string;
  readonly address: string;
}

export interface LessonText {
  /** What is asked, in a sentence or two. */
  readonly question: string;
  /** What stands before the play: with the question at most 150 words, formulas not counted. */
  readonly blocks: readonly Block[];
  /** What to try, each a sentence. */
  readonly tries: readonly string[];
  /** The rest of the derivation; beside the play where there is room, after it where there is none. */
  readonly further: readonly Block[];
  readonly inThisApp: readonly AppLink[];
  readonly reading: readonly Reading[];
}

/** What there is to play with, on the page. */
export interface Play {
  readonly root: HTMLElement;
  /** Called once before it is shown, and whenever the theme changes; colours of `hues.ts` follow by themselves. */
  setTheme(theme: Theme): void;
  /** What a link keeps: a small record of JSON. */
  state(): Readonly<Record<string, unknown>>;
  /** Shows such a record, or as much of it as makes sense: it comes from an address, so it may be anything. */
  restore(state: unknown): void;
  /** Shows what was made for it elsewhere, as it comes from JSON; null or undefined where there is nothing. */
  receive?(given: unknown): void;
  /** What is saved as SVG and PNG, one below the other; drawings that are on the page, and are copied, not changed. */
  pictures(): readonly SVGSVGElement[];
  close(): void;
}

/** What a play may ask of the page round it. */
export interface PlayContext {
  /** One sentence on what is seen: shown at once, read out when the hand rests. */
  say(sentence: string): void;
  /** The state is another one. */
  changed(): void;
  /** Aborted when the lesson is left. */
  readonly signal: AbortSignal;
}

export interface Lesson {
  readonly text: LessonText;
  /** Null where all that there is to play with stands below, on the host page. */
  readonly play: ((context: PlayContext) => Play) | null;
}

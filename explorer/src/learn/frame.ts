import { Failure } from "../base/failure";
import { textButton } from "../page/controls";
import { element } from "../page/dom";
import { LinkField } from "../page/linkField";
import { Notice } from "../page/notice";
import { failurePanel } from "../page/status";
import type { Theme } from "../page/theme";
import type { AppLink, Lesson, Play } from "./lesson";
import { LESSONS, type Registered } from "./lessons";
import { LessonList } from "./lessonList";
import { LessonLink } from "./link";
import { Meanings } from "./meanings";
import type { LearnOptions } from "./options";
import { savePng, saveSvg } from "./picture";
import { Sentence } from "./sentence";

/** A state that stays as it is for this long, in milliseconds, comes into the address. */
const REST = 500;

/** What was last on show of each lesson, by its name: it is there again when one comes back to it. */
const left = new Map<string, unknown>();
/** The lesson that was open last; 0 before any was. */
let latest = 0;

type Typesetting = typeof import("./formula");

/** A lesson on the page, with all that goes when another one comes. */
interface Open {
  readonly lesson: Registered;
  readonly abort: AbortController;
  play: Play | null;
}

/** The list of lessons, and below it the open one: its text on the left, what there is to play with on the right. */
export class Frame {
  readonly root: HTMLElement;
  private readonly list: LessonList;
  private readonly place = element("article", { class: "lesson" });
  private readonly link: LessonLink;
  private readonly meanings: Meanings;
  private readonly lessons: readonly Registered[];
  private open: Open | null = null;
  private given: LearnOptions["given"];
  private theme: Theme = { dark: false };
  private removeFormulas: (() => void) | null = null;

  constructor(
    private readonly options: LearnOptions,
    private readonly signal: AbortSignal,
  ) {
    this.given = options.given;
    this.link = new LessonLink(options.address);
    this.lessons = LESSONS.filter(({ trains }) => options.trains || !trains);
    this.list = new LessonList(this.lessons, (lesson) => this.link.to(lesson), (lesson) => this.go(lesson));
    this.root = element("div", { class: "frame" }, this.list.root, this.place);
    this.meanings = new Meanings(this.place, signal);
    window.addEventListener("popstate", () => this.follow(), { signal });
    signal.addEventListener("abort", () => this.close(), { once: true });
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.open?.play?.setTheme(theme);
  }

  /** Hands what was made elsewhere to the lessons that it is for. */
  give(given: LearnOptions["given"]): void {
    this.given = given;
    const { open } = this;
    open?.play?.receive?.(given?.[open.lesson.slug]);
  }

  /** Opens the lesson that the address names, the one that was left, or the first; to be called once the root is on the page. */
  begin(): void {
    this.show(this.named);
  }

  private get named(): Registered {
    const wanted = this.link.lesson || latest;
    return this.lessons.find(({ number }) => number === wanted) ?? this.lessons[0]!;
  }

  /** A hand chooses a lesson: the browser's own Back leads to the one before. */
  private go(lesson: Registered): void {
    if (lesson === this.open?.lesson) return;
    this.keep();
    history.pushState(history.state, "", this.link.to(lesson));
    this.show(lesson, true);
  }

  /** The address has changed by itself. */
  private follow(): void {
    if (this.root.isConnected && this.named !== this.open?.lesson) this.show(this.named);
  }

  private close(): void {
    const { open } = this;
    this.open = null;
    if (!open) return;
    if (open.play) left.set(open.lesson.slug, open.play.state());
    open.abort.abort();
    open.play?.close();
    this.removeFormulas?.();
    this.removeFormulas = null;
  }

  private show(lesson: Registered, chosen = false): void {
    this.close();
    const open: Open = (this.open = { lesson, abort: new AbortController(), play: null });
    this.root.removeAttribute("data-ready");
    latest = lesson.number;
    this.list.mark(lesson);
    this.options.onLesson?.(lesson.number);
    this.fill(open, chosen).catch((error: unknown) => {
      if (open === this.open) this.place.replaceChildren(failurePanel(Failure.from(error, "This lesson could not be opened."), () => this.show(lesson)));
    });
  }

  private async fill(open: Open, chosen: boolean): Promise<void> {
    const [typesetting, { text, play }] = await Promise.all([import("./formula"), open.lesson.load()]);
    if (open !== this.open) return;
    this.removeFormulas = typesetting.adoptFormulas(this.root);
    const title = element("h2", { tabindex: -1 }, `${open.lesson.number}. ${open.lesson.title}`);
    const [first, rest] = this.written(typesetting, text);
    const second = play ? [this.playing(open, play)] : [];
    this.place.classList.toggle("wordy", !play);
    this.place.replaceChildren(title, first, ...second, rest);
    this.meanings.refresh();
    this.root.dataset["ready"] = open.lesson.slug;
    if (chosen) title.focus({ preventScroll: true });
  }

  private playing(open: Open, begin: NonNullable<Lesson["play"]>): HTMLElement {
    const { signal } = open.abort;
    const sentence = new Sentence(signal);
    let timer = 0;
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    const play = (open.play = begin({
      say: (words) => sentence.say(words),
      changed: () => {
        clearTimeout(timer);
        timer = window.setTimeout(() => this.keep(), REST);
      },
      signal,
    }));
    play.setTheme(this.theme);
    play.receive?.(this.given?.[open.lesson.slug]);
    const state = this.link.state(open.lesson) ?? left.get(open.lesson.slug);
    if (state !== undefined) play.restore(state);
    return element("section", { class: "play", "aria-label": "To play with" }, sentence.root, play.root, this.actions(open, play));
  }

  private actions({ lesson }: Open, play: Play): HTMLElement {
    const notice = new Notice();
    const field = new LinkField();
    const name = `lesson-${lesson.number}-${lesson.slug}`;
    const ground = (): string => getComputedStyle(this.root.closest(".latent-explorer")!).backgroundColor;
    const legends = (): HTMLElement[] => [...play.root.querySelectorAll<HTMLElement>(".legend")].filter((legend) => legend.checkVisibility());
    const save = (): void => void savePng(play.pictures(), legends(), ground(), name).catch((error: unknown) => notice.say(Failure.from(error, "The picture could not be saved.").message));
    const copy = async (): Promise<void> => {
      this.keep();
      if (await field.copy(this.link.to(lesson, play.state()))) notice.say("Link copied.");
    };
    const buttons = [
      textButton("Save SVG", "The picture as it is now, for slides and papers", () => saveSvg(play.pictures(), legends(), ground(), name)),
      textButton("Save PNG", "The picture as it is now, three times as large", save),
      textButton("Copy link", "An address that opens this lesson as it is now", () => void copy()),
    ];
    return element("div", { class: "actions" }, ...buttons, notice.root, field.root);
  }

  /** What stands before the play, and what after it. */
  private written({ blockOf, written }: Typesetting, text: Lesson["text"]): readonly [HTMLElement, HTMLElement] {
    const first = element("section", { class: "words", "aria-label": "What is asked" }, element("p", { class: "question" }, ...written(text.question)), ...text.blocks.map(blockOf));
    const section = (title: string, items: readonly (readonly Node[])[]): HTMLElement[] =>
      items.length > 0 ? [element("h3", {}, title), element("ul", { class: "points" }, ...items.map((item) => element("li", {}, ...item)))] : [];
    const links = text.inThisApp.filter(({ page }) => page in this.options.pages).map((link) => [element("a", { href: this.addressOf(link) }, link.words)]);
    const reading = text.reading.map(({ words, address }) => [element("a", { href: address, target: "_blank", rel: "noreferrer" }, words)]);
    const rest = element(
      "section",
      { class: "rest", "aria-label": "What to try, and more" },
      ...section("Try", text.tries.map(written)),
      ...text.further.map(blockOf),
      ...section("In this app", links),
      ...section("Further reading", reading),
    );
    return [first, rest];
  }

  private addressOf({ page, query }: AppLink): string {
    const address = this.options.pages[page]!;
    return query === "" ? address : `${address}${address.includes("#") ? "&" : "?"}${query}`;
  }

  /** The address becomes a link to what is on show. */
  private keep(): void {
    const { open } = this;
    if (!open?.play || this.signal.aborted) return;
    history.replaceState(history.state, "", this.link.to(open.lesson, open.play.state()));
  }
}

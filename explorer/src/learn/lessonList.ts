import { element } from "../page/dom";
import type { Registered } from "./lessons";

/** The lessons as links, which the browser's own new tab and bookmark take as well; arrow keys go from one to the next. */
export class LessonList {
  readonly root: HTMLElement;
  private readonly links: ReadonlyMap<Registered, HTMLAnchorElement>;

  constructor(lessons: readonly Registered[], addressOf: (lesson: Registered) => string, choose: (lesson: Registered) => void) {
    const link = (lesson: Registered): HTMLAnchorElement => {
      const { number, title } = lesson;
      const made = element("a", { href: addressOf(lesson), title }, element("span", { class: "number" }, String(number)), " ", titleOf(lesson));
      made.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        choose(lesson);
      });
      return made;
    };
    this.links = new Map(lessons.map((lesson) => [lesson, link(lesson)]));
    this.root = element("nav", { class: "lessons", "aria-label": "Lessons" }, element("ol", {}, ...[...this.links.values()].map((made) => element("li", {}, made))));
    this.root.addEventListener("keydown", (event) => this.key(event));
  }

  mark(lesson: Registered): void {
    for (const [other, link] of this.links) {
      if (other === lesson) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  private key(event: KeyboardEvent): void {
    const links = [...this.links.values()];
    const at = links.indexOf(event.target as HTMLAnchorElement);
    const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (at < 0 || way === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    links[(at + way + links.length) % links.length]!.focus();
  }
}

/** A title of which only the words that tell it from the others are seen: all are its name for who listens or speaks. */
function titleOf({ title, short }: Registered): HTMLElement {
  const at = title.indexOf(short);
  const unseen = (words: string): HTMLElement => element("span", { class: "unseen" }, words);
  return element("span", { class: "title" }, unseen(title.slice(0, at)), element("span", { class: "short" }, short), unseen(title.slice(at + short.length)));
}

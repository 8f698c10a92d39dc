import { element } from "../page/dom";

/** A model's letter, where it has one, and its title, of which a narrow place shows the beginning and the pointer all. */
export function nameOf(letter: string, title: string): HTMLElement[] {
  const shown = element("span", { class: "title", title }, title);
  return letter ? [element("span", { class: "letter" }, letter), shown] : [shown];
}

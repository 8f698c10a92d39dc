import { clamp } from "../base/geometry";
import { element } from "../page/dom";
import { SYMBOLS } from "./symbols";

const MARGIN = 8;
let made = 0;

/**
 * Explains the symbols within an element: the one under the pointer, and all of the formula that has the focus. The
 * formulas are one stop of the Tab key together; arrow keys go from one to the next, Esc closes the explanation.
 */
export class Meanings {
  private readonly tip = element("div", { class: "meanings", role: "tooltip", id: `meanings-${++made}`, hidden: true });
  private formulas: readonly HTMLElement[] = [];
  private shown: Element | null = null;

  constructor(
    private readonly root: HTMLElement,
    signal: AbortSignal,
  ) {
    const listen = <Name extends keyof HTMLElementEventMap>(name: Name, act: (event: HTMLElementEventMap[Name]) => void): void =>
      root.addEventListener(name, act, { signal });
    listen("pointerover", ({ target }) => this.hover((target as Element).closest("[data-symbol]")));
    listen("pointerleave", () => this.hover(null));
    listen("focusin", ({ target }) => this.focus(this.formulas.find((formula) => formula === target) ?? null));
    listen("focusout", () => this.hide());
    listen("keydown", (event) => this.key(event));
  }

  /** To be called when other formulas have come. */
  refresh(): void {
    this.hide();
    this.root.append(this.tip);
    this.formulas = [...this.root.querySelectorAll<HTMLElement>(".formula:has([data-symbol])")];
    this.formulas.forEach((formula, index) => {
      formula.tabIndex = index === 0 ? 0 : -1;
      formula.setAttribute("role", "group");
      formula.setAttribute("aria-description", namesIn(formula).map(explained).join("; "));
    });
  }

  private hover(symbol: Element | null): void {
    if (symbol === this.shown) return;
    if (symbol) this.show(symbol, [nameOf(symbol)]);
    else if (!this.shown?.matches(":focus")) this.hide();
  }

  private focus(formula: HTMLElement | null): void {
    if (!formula) return;
    for (const other of this.formulas) other.tabIndex = other === formula ? 0 : -1;
    if (formula.matches(":focus-visible")) this.show(formula, namesIn(formula));
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape" && !this.tip.hidden) {
      event.stopPropagation();
      this.hide();
      return;
    }
    const at = this.formulas.indexOf(event.target as HTMLElement);
    const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (at < 0 || way === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.formulas[(at + way + this.formulas.length) % this.formulas.length]!.focus();
  }

  private show(at: Element, names: readonly string[]): void {
    this.shown = at;
    this.tip.replaceChildren(...names.map((name) => element("p", {}, SYMBOLS[name]!.meaning)));
    if (names.length > 1) this.tip.replaceChildren(...names.map((name) => entry(at, name)));
    this.tip.hidden = false;
    this.place(at);
  }

  private hide(): void {
    this.shown = null;
    this.tip.hidden = true;
  }

  /** Below what it explains, within the root's width. */
  private place(at: Element): void {
    const [around, own] = [this.root.getBoundingClientRect(), at.getBoundingClientRect()];
    const left = clamp(own.left - around.left, MARGIN, Math.max(MARGIN, around.width - this.tip.offsetWidth - MARGIN));
    this.tip.style.left = `${left}px`;
    this.tip.style.top = `${own.bottom - around.top + MARGIN}px`;
  }
}

const nameOf = (symbol: Element): string => (symbol as HTMLElement).dataset["symbol"]!;

/** The symbols of a formula, each once, in the order in which they stand. */
const namesIn = (formula: Element): string[] => [...new Set([...formula.querySelectorAll("[data-symbol]")].map(nameOf))];

const explained = (name: string): string => SYMBOLS[name]!.meaning;

/** A symbol as it stands in the formula, with its meaning. */
function entry(formula: Element, name: string): HTMLElement {
  const symbol = formula.querySelector(`[data-symbol="${name}"]`)!.cloneNode(true);
  return element("p", {}, element("span", { class: "katex", "aria-hidden": "true" }, symbol), " ", explained(name));
}

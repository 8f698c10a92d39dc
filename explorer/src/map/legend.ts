import type { Manifest } from "../model/manifest";
import { pointWords } from "../model/pointWords";
import { textButton } from "../page/controls";
import { element, setText, wholeNumber, withProperties } from "../page/dom";
import { setHidden } from "../page/focus";
import { toCss } from "../page/palette";
import { Roving } from "../page/roving";
import { signed } from "../base/signed";
import type { Rgb } from "../page/theme";

/** The ends of a colour ramp, and the ramp as CSS. */
export interface Scale {
  readonly title: string;
  readonly low: number;
  readonly high: number;
  readonly gradient: string;
}

const written = (value: number): string => signed(value.toLocaleString("en", { maximumSignificantDigits: 3 }));

/** More classes than this are found by their names, in a list that scrolls. */
const MANY = 20;

/** The classes as switches with their colours and counts, or the ramp where the colours are values. */
export class Legend {
  readonly root: HTMLElement;
  private readonly list = element("ul", { class: "legend", "aria-label": "Classes" });
  private readonly ramp = element("div", { class: "ramp", hidden: true });
  private readonly names: readonly string[];
  private readonly buttons: readonly HTMLButtonElement[];
  private readonly all = element("li", { hidden: true });
  private readonly found = element("span", { class: "muted", role: "status" });
  private readonly roving: Roving;

  /** @param onHide the classes to be hidden from now on */
  constructor(
    private readonly manifest: Manifest,
    private readonly onHide: (hidden: ReadonlySet<number>) => void,
  ) {
    this.names = manifest.data.class_names;
    this.buttons = this.names.map((name, label) => this.button(name, label, manifest.map.class_counts[label] ?? 0));
    this.list.append(...this.buttons.map((button) => element("li", {}, button)));
    this.roving = new Roving(this.list, true);
    this.all.append(textButton("Show all", "Show every class again", () => onHide(new Set())));
    const many = this.buttons.length > MANY;
    this.root = element("div", { class: "legend-area" }, ...(many ? [this.search()] : []), this.list, this.ramp);
    if (!many) this.list.append(this.all);
    this.roving.refresh();
  }

  setColors(colors: readonly Rgb[]): void {
    this.buttons.forEach((button, label) => {
      (button.firstElementChild as HTMLElement).style.setProperty("--swatch", toCss(colors[label]!));
    });
  }

  setHidden(hidden: ReadonlySet<number>): void {
    this.buttons.forEach((button, label) => button.setAttribute("aria-pressed", String(!hidden.has(label))));
    setHidden(this.all, hidden.size === 0, () => this.buttons.find((button) => !button.closest("[hidden]")) ?? null);
    this.roving.refresh();
  }

  /** Shows a ramp, or none where the colours are the classes'. */
  setScale(scale: Scale | null): void {
    this.list.classList.toggle("plain", scale !== null);
    this.ramp.hidden = scale === null;
    if (!scale) return;
    const bar = withProperties(element("span", { class: "gradient" }), { "--gradient": scale.gradient });
    this.ramp.replaceChildren(element("span", {}, scale.title), element("span", {}, written(scale.low)), bar, element("span", {}, written(scale.high)));
  }

  private button(name: string, label: number, count: number): HTMLButtonElement {
    const button = element(
      "button",
      {
        type: "button",
        class: "bare",
        "aria-pressed": "true",
        title: `Show or hide ${name}; with Shift, show it alone`,
      },
      element("span", { class: "swatch" }),
      element("span", { class: "name" }, name),
      element("span", { class: "unseen" }, ", "),
      element("span", { class: "muted" }, wholeNumber(count), element("span", { class: "unseen" }, ` ${pointWords(this.manifest).one}s`)),
    );
    button.addEventListener("click", (event) => this.toggle(label, event.shiftKey));
    return button;
  }

  /** What stands over a long list: a field that leaves the classes whose names hold what is typed. */
  private search(): HTMLElement {
    this.list.classList.add("many");
    const field = element("input", { type: "search", class: "text", placeholder: "Find a class", "aria-label": "Find a class" });
    field.addEventListener("input", () => this.find(field.value.trim().toLowerCase()));
    field.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      this.roving.focus();
    });
    this.find("");
    return element("div", { class: "legend-head" }, field, this.found, element("ul", {}, this.all));
  }

  private find(sought: string): void {
    let count = 0;
    this.buttons.forEach((button, label) => {
      const matches = this.names[label]!.toLowerCase().includes(sought);
      button.parentElement!.hidden = !matches;
      if (matches) count++;
    });
    const classes = `${wholeNumber(this.buttons.length)} classes`;
    setText(this.found, sought === "" ? classes : `${wholeNumber(count)} of ${classes}`);
    this.roving.refresh();
  }

  private toggle(label: number, alone: boolean): void {
    const hidden = new Set<number>();
    this.buttons.forEach((button, other) => {
      if (alone ? other !== label : button.getAttribute("aria-pressed") === "false") hidden.add(other);
    });
    if (!alone && !hidden.delete(label)) hidden.add(label);
    this.onHide(hidden);
  }
}

import type { Manifest } from "../model/manifest";
import { textButton } from "../page/controls";
import { element, wholeNumber } from "../page/dom";
import { toCss } from "../page/palette";
import type { Rgb } from "../page/theme";

/** The ends of a colour ramp, and the ramp as CSS. */
export interface Scale {
  readonly title: string;
  readonly low: number;
  readonly high: number;
  readonly gradient: string;
}

const written = (value: number): string => value.toLocaleString("en", { maximumSignificantDigits: 3 }).replace("-", "−");

/** The classes as switches with their colours and counts, or the ramp where the colours are values. */
export class Legend {
  readonly root: HTMLElement;
  private readonly list = element("ul", { class: "legend", "aria-label": "Classes" });
  private readonly ramp = element("div", { class: "ramp", hidden: true });
  private readonly buttons: readonly HTMLButtonElement[];
  private readonly all: HTMLElement;

  /** @param onHide the classes to be hidden from now on */
  constructor(
    manifest: Manifest,
    private readonly onHide: (hidden: ReadonlySet<number>) => void,
  ) {
    const names = manifest.data.class_names;
    this.buttons = names.map((name, label) => {
      const count = manifest.map.class_counts[label] ?? 0;
      const button = element(
        "button",
        { type: "button", class: "bare", "aria-pressed": "true", title: `Show or hide ${name}; with Shift, show it alone` },
        element("span", { class: "swatch" }),
        name,
        element("span", { class: "muted" }, wholeNumber(count)),
      );
      button.addEventListener("click", (event) => this.toggle(label, event.shiftKey));
      this.list.append(element("li", {}, button));
      return button;
    });
    this.all = element("li", { hidden: true }, textButton("Show all", "Show every class again", () => onHide(new Set())));
    this.list.append(this.all);
    this.root = element("div", { class: "legend-area" }, this.list, this.ramp);
  }

  setColors(colors: readonly Rgb[]): void {
    this.buttons.forEach((button, label) => {
      (button.firstElementChild as HTMLElement).style.setProperty("--swatch", toCss(colors[label]!));
    });
  }

  setHidden(hidden: ReadonlySet<number>): void {
    this.buttons.forEach((button, label) => button.setAttribute("aria-pressed", String(!hidden.has(label))));
    this.all.hidden = hidden.size === 0;
  }

  /** Shows a ramp, or none where the colours are the classes'. */
  setScale(scale: Scale | null): void {
    this.list.classList.toggle("plain", scale !== null);
    this.ramp.hidden = scale === null;
    if (!scale) return;
    const bar = element("span", { class: "gradient", style: `--gradient: ${scale.gradient}` });
    this.ramp.replaceChildren(element("span", {}, scale.title), element("span", {}, written(scale.low)), bar, element("span", {}, written(scale.high)));
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

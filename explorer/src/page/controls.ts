import type { Underway } from "../base/underway";
import { element, icon } from "./dom";
import { Slider, type SliderHandlers } from "./slider";

/** A button with words; `title` says more of it. */
export function textButton(label: string, title: string, act: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", title }, label);
  return acting(made, act);
}

/** A button with an icon alone; its label is for screen readers and the tooltip. */
export function iconButton(label: string, path: string, act: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", class: "bare", "aria-label": label, title: label }, icon(path));
  return acting(made, act);
}

function acting(button: HTMLButtonElement, act: () => void): HTMLButtonElement {
  button.addEventListener("click", () => button.ariaDisabled !== "true" && act());
  return button;
}

/** A button that is on or off. */
export class Toggle {
  readonly root: HTMLButtonElement;

  constructor(label: string, title: string, act: (on: boolean) => void) {
    this.root = element("button", { type: "button", class: "toggle", title, "aria-pressed": "false" }, label);
    this.root.addEventListener("click", () => act(!this.on));
  }

  get on(): boolean {
    return this.root.getAttribute("aria-pressed") === "true";
  }

  set on(value: boolean) {
    this.root.setAttribute("aria-pressed", String(value));
  }
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** A drop-down list with its label before it. */
export class Select {
  readonly root: HTMLLabelElement;
  private readonly list = element("select");

  constructor(label: string, choices: readonly Choice[], act: (value: string) => void) {
    this.list.append(...choices.map((choice) => element("option", { value: choice.value }, choice.label)));
    this.list.addEventListener("change", () => act(this.list.value));
    this.root = element("label", { class: "select" }, element("span", {}, label), this.list);
  }

  set value(value: string) {
    this.list.value = value;
  }

  /** Names a list that has no label on the screen. */
  describe(label: string): void {
    this.list.setAttribute("aria-label", label);
    this.list.title = label;
  }
}

/** A few choices beside each other, of which one holds. */
export class Segments {
  readonly root: HTMLElement;
  private readonly buttons: ReadonlyMap<string, HTMLButtonElement>;

  constructor(label: string, choices: readonly (Choice & { readonly title: string })[], act: (value: string) => void) {
    this.buttons = new Map(
      choices.map((choice) => {
        const button = element("button", { type: "button", class: "toggle", title: choice.title, "aria-pressed": "false" }, choice.label);
        button.addEventListener("click", () => act(choice.value));
        return [choice.value, button];
      }),
    );
    this.root = element("div", { class: "segments", role: "group", "aria-label": label }, ...this.buttons.values());
  }

  set value(value: string) {
    for (const [other, button] of this.buttons) button.setAttribute("aria-pressed", String(other === value));
  }

  /** The button of the choice that holds. */
  get pressed(): HTMLElement | null {
    return this.root.querySelector("[aria-pressed=true]");
  }

  /** Whether a choice can be made now. */
  allow(value: string, allowed: boolean): void {
    this.buttons.get(value)!.disabled = !allowed;
  }
}

export interface RangeOptions extends SliderHandlers {
  readonly label: string;
  readonly title: string;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  written(value: number): string;
}

/** A handle on a line, with its label before and its value behind it. */
export class Range {
  readonly root: HTMLLabelElement;
  private readonly slider: Slider;
  private readonly output = element("output");

  constructor(
    private readonly options: RangeOptions,
    underway: Underway,
  ) {
    const { label, title, least, most, step } = options;
    const input = element("input", { type: "range", min: least, max: most, step, "aria-label": label });
    this.root = element("label", { class: "range", title }, element("span", {}, label), input, this.output);
    const preview = (value: number): void => {
      this.write(value);
      options.preview(value);
    };
    this.slider = new Slider(input, { preview, commit: () => options.commit(), cancel: () => options.cancel() }, underway);
  }

  set value(value: number) {
    this.slider.value = String(value);
    this.write(value);
  }

  private write(value: number): void {
    const words = this.options.written(value);
    this.output.textContent = words;
    this.slider.input.setAttribute("aria-valuetext", words);
  }
}

import { element, icon } from "./dom";

/** A button with words; `title` says more of it. */
export function textButton(label: string, title: string, act: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", title }, label);
  made.addEventListener("click", act);
  return made;
}

/** A button with an icon alone; its label is for screen readers and the tooltip. */
export function iconButton(label: string, path: string, act: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", class: "bare", "aria-label": label, title: label }, icon(path));
  made.addEventListener("click", act);
  return made;
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
}

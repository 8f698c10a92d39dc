import { element } from "../page/dom";
import { setHidden } from "../page/focus";

export interface Tab {
  readonly name: string;
  readonly label: string;
  readonly content: HTMLElement;
}

let made = 0;

/** Several contents in one place, one of them shown; arrow keys go from tab to tab. */
export class Tabs {
  readonly root: HTMLElement;
  private readonly buttons: readonly HTMLButtonElement[];

  constructor(
    label: string,
    private readonly tabs: readonly Tab[],
  ) {
    const prefix = `tabs-${++made}`;
    this.buttons = tabs.map((tab, index) => {
      const button = element("button", { type: "button", role: "tab", id: `${prefix}-${tab.name}`, "aria-controls": `${prefix}-${tab.name}-panel` }, tab.label);
      button.addEventListener("click", () => this.show(tab.name));
      button.addEventListener("keydown", (event) => this.key(event, index));
      return button;
    });
    const list = element("div", { class: "tab-list", role: "tablist", "aria-label": label }, ...this.buttons);
    for (const { name, content } of tabs) {
      content.id = `${prefix}-${name}-panel`;
      content.setAttribute("role", "tabpanel");
      content.setAttribute("aria-labelledby", `${prefix}-${name}`);
    }
    this.root = element("div", { class: "tabs" }, list, ...tabs.map(({ content }) => content));
    this.show(tabs[0]!.name);
  }

  show(name: string): void {
    const chosen = this.buttons[this.tabs.findIndex((tab) => tab.name === name)]!;
    this.tabs.forEach((tab, index) => {
      const shown = tab.name === name;
      setHidden(tab.content, !shown, () => chosen);
      this.buttons[index]!.setAttribute("aria-selected", String(shown));
      this.buttons[index]!.tabIndex = shown ? 0 : -1;
    });
  }

  private key(event: KeyboardEvent, index: number): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = (index + step + this.tabs.length) % this.tabs.length;
    this.show(this.tabs[next]!.name);
    this.buttons[next]!.focus();
  }
}

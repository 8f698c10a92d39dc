/** A pause of this many milliseconds begins a new word where names are typed. */
const PAUSE = 700;

/** Makes a group of buttons one stop of the Tab key; arrow keys, Home and End go from button to button. */
export class Roving {
  private current: HTMLButtonElement | null = null;
  private typed = "";
  private typedAt = -Infinity;

  /** @param typing whether typing the beginning of a name goes there as well */
  constructor(
    private readonly root: HTMLElement,
    private readonly typing: boolean,
  ) {
    root.addEventListener("focusin", ({ target }) => this.hold(target as HTMLButtonElement));
    root.addEventListener("keydown", (event) => this.key(event));
    this.refresh();
  }

  /** Buttons have come, gone, or been hidden: one of those that are there is the stop. */
  refresh(): void {
    const buttons = this.buttons();
    const [first = null] = buttons;
    this.hold(this.current && buttons.includes(this.current) ? this.current : first);
  }

  focus(): void {
    this.current?.focus();
  }

  private hold(button: HTMLButtonElement | null): void {
    this.current = button;
    for (const other of this.root.querySelectorAll("button")) other.tabIndex = other === button ? 0 : -1;
  }

  private buttons(): HTMLButtonElement[] {
    return [...this.root.querySelectorAll("button")].filter((button) => !button.closest("[hidden]"));
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const buttons = this.buttons();
    const at = this.current ? buttons.indexOf(this.current) : 0;
    const next = this.goal(event.key, at, buttons);
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  private goal(key: string, at: number, buttons: readonly HTMLButtonElement[]): HTMLButtonElement | undefined {
    const count = buttons.length;
    if (key === "ArrowRight" || key === "ArrowDown") return buttons[(at + 1) % count];
    if (key === "ArrowLeft" || key === "ArrowUp") return buttons[(at - 1 + count) % count];
    if (key === "Home") return buttons[0];
    if (key === "End") return buttons[count - 1];
    return this.typing && key.length === 1 && (key !== " " || this.isTyping) ? this.named(key, at, buttons) : undefined;
  }

  private get isTyping(): boolean {
    return performance.now() - this.typedAt < PAUSE;
  }

  /** The next button whose name begins as has been typed; one letter again and again goes from one to the next. */
  private named(key: string, at: number, buttons: readonly HTMLButtonElement[]): HTMLButtonElement | undefined {
    this.typed = (this.isTyping ? this.typed : "") + key.toLowerCase();
    this.typedAt = performance.now();
    const same = [...this.typed].every((letter) => letter === this.typed[0]);
    const sought = same ? this.typed[0]! : this.typed;
    const from = same ? at + 1 : at;
    const order = [...buttons.slice(from), ...buttons.slice(0, from)];
    return order.find((button) => (button.ariaLabel ?? button.textContent).toLowerCase().startsWith(sought));
  }
}

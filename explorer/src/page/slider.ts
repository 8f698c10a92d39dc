import type { Underway } from "../base/underway";

export interface SliderHandlers {
  /** The handle is about to move. */
  begin?(): void;
  /** Where the handle is now. */
  preview(value: number): void;
  /** It has been let go, elsewhere than where it was … */
  commit(): void;
  /** … or where it was, or is to go back there. */
  cancel(): void;
}

/** One change from a handle's first move until it is let go, kept only if the value is another then. */
export class Slider {
  /** The value when the handle last rested. */
  private before: string;
  private keyed = false;
  private pressed = false;
  /** Taken back while the hand still holds it: what else it does counts for nothing. */
  private refused = false;
  private readonly transaction = { commit: () => this.handlers.commit(), cancel: () => this.takeBack() };

  constructor(
    readonly input: HTMLInputElement,
    private readonly handlers: SliderHandlers,
    private readonly underway: Underway,
  ) {
    this.before = input.value;
    input.addEventListener("input", () => this.move());
    input.addEventListener("keydown", (event) => this.key(event));
    // A key that is held makes a change of every repeat.
    input.addEventListener("change", () => this.keyed || this.letGo());
    input.addEventListener("keyup", (event) => this.pressed || event.key === "Escape" || this.letGo());
    input.addEventListener("pointerdown", () => (this.pressed = true));
    for (const name of ["pointerup", "blur"]) input.addEventListener(name, () => this.letGo());
    input.addEventListener("pointercancel", () => {
      underway.cancel(this.transaction);
      this.letGo();
    });
  }

  /** Moves the handle; what a hand is about is not disturbed by it. */
  set value(value: string) {
    this.input.value = value;
    if (!this.underway.holds(this.transaction)) this.before = this.input.value;
  }

  private move(): void {
    if (this.refused) {
      this.input.value = this.before;
      return;
    }
    if (!this.underway.holds(this.transaction)) {
      this.underway.begin(this.transaction);
      this.handlers.begin?.();
    }
    this.handlers.preview(Number(this.input.value));
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      if (this.underway.cancel(this.transaction)) event.preventDefault();
    } else this.keyed = true;
  }

  private letGo(): void {
    this.keyed = this.pressed = false;
    if (this.input.value === this.before) this.underway.cancel(this.transaction);
    else this.underway.commit(this.transaction);
    this.refused = false;
    this.before = this.input.value;
  }

  private takeBack(): void {
    this.refused = true;
    this.input.value = this.before;
    this.handlers.cancel();
  }
}

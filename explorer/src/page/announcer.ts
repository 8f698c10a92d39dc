import { element, setText } from "./dom";

/** Only where the probe comes to rest is worth saying. */
const REST = 600;

/** Tells a screen reader where the probe has come to rest. */
export class Announcer {
  readonly root = element("p", { class: "unseen", role: "status", "aria-live": "polite" });
  private timer = 0;

  constructor(signal: AbortSignal) {
    signal.addEventListener("abort", () => clearTimeout(this.timer), { once: true });
  }

  say(text: string): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => setText(this.root, text), REST);
  }
}

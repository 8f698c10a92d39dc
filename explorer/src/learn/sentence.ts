import { Announcer } from "../page/announcer";
import { element, setText } from "../page/dom";

/** What is seen, in one sentence that follows the hand; a screen reader hears it when the hand rests. */
export class Sentence {
  private readonly shown = element("p", { class: "sentence", "aria-hidden": "true" });
  private readonly announcer: Announcer;
  readonly root: HTMLElement;

  constructor(signal: AbortSignal) {
    this.announcer = new Announcer(signal);
    this.root = element("div", {}, this.shown, this.announcer.root);
  }

  say(words: string): void {
    setText(this.shown, words);
    this.announcer.say(words);
  }
}

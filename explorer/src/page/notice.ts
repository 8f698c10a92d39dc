import { element } from "./dom";

/** Long enough to be read, in milliseconds. */
const STAYS = 6000;
/** A screen reader has to find it empty for a moment, or it does not say the same words again. */
const BLANK = 60;

/** What has just been done, in words that go by themselves and move nothing. */
export class Notice {
  readonly root = element("span", { class: "notice", role: "status" });
  private timer: ReturnType<typeof setTimeout> | undefined;

  say(words: string): void {
    clearTimeout(this.timer);
    this.root.textContent = "";
    this.timer = setTimeout(() => {
      this.root.textContent = words;
      this.timer = setTimeout(() => (this.root.textContent = ""), STAYS);
    }, BLANK);
  }
}

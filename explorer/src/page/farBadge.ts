import { element } from "./dom";

/** Says over an image that it is the decoder's invention, and when it is pointed at, why. */
export class FarBadge {
  readonly root: HTMLElement;

  /** @param any what is not near */
  constructor(any = "any data") {
    this.root = element("p", { class: "badge", hidden: true }, `far from ${any}`);
  }

  /** @param why null where data are near */
  show(why: string | null): void {
    const hidden = why === null;
    if (this.root.hidden !== hidden) this.root.hidden = hidden;
    if (why !== null && this.root.title !== why) this.root.title = why;
  }
}

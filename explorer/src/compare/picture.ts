import { element, setText } from "../page/dom";
import { ImageCanvas } from "../page/image";
import { nameOf } from "./naming";

/** One image in the row that all models share, under the letter and the title of whose it is. */
export class Picture {
  readonly root: HTMLElement;
  private readonly frame = element("div", { class: "frame awaited" });
  private readonly note = element("span", { class: "muted" });
  private image: ImageCanvas | null = null;

  constructor(letter: string, title: string) {
    const name = element("strong", {}, ...nameOf(letter, title));
    this.root = element("figure", { class: "picture" }, this.frame, element("figcaption", {}, name, this.note));
  }

  /** Makes room for images of a model. */
  fit(size: number, channels: number, label: string): void {
    this.image = new ImageCanvas(size, channels, "decoded", label);
    this.frame.replaceChildren(this.image.canvas);
  }

  /** Shows what a canvas of somebody else's holds. */
  hold(canvas: HTMLCanvasElement): void {
    this.frame.replaceChildren(canvas);
    this.setThere(true);
  }

  show(image: Float32Array): void {
    this.image?.show(image);
    this.setThere(true);
  }

  /** There is no image to show. */
  blank(): void {
    this.setThere(false);
  }

  say(words: string): void {
    setText(this.note, words);
  }

  private setThere(there: boolean): void {
    this.frame.classList.toggle("awaited", !there);
    const canvas = this.frame.firstElementChild as HTMLElement | null;
    if (canvas && canvas.hidden === there) canvas.hidden = !there;
  }
}

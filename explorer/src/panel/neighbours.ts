import type { Neighbour } from "../plane/nearest";
import type { DrawPoint } from "../model/thumbnails";
import { element, setText, wholeNumber } from "../page/dom";

export const NEIGHBOURS = 6;

/** The real images nearest to the latent, as buttons that lead to them. */
export class Neighbours {
  readonly root: HTMLElement;
  private readonly buttons: readonly HTMLButtonElement[];
  private drawPoint: DrawPoint | null = null;
  private shown: readonly Neighbour[] = [];

  constructor(
    private readonly nameOf: (point: number) => string,
    onChoose: (point: number) => void,
  ) {
    this.buttons = Array.from({ length: NEIGHBOURS }, (_, index) => {
      const button = element(
        "button",
        { type: "button", class: "bare", hidden: true },
        element("canvas", { class: "crisp", width: 1, height: 1 }),
        element("span", { class: "muted" }),
      );
      button.addEventListener("click", () => {
        const neighbour = this.shown[index];
        if (neighbour) onChoose(neighbour.row);
      });
      return button;
    });
    this.root = element("div", { class: "neighbours", role: "group", "aria-label": "Nearest real images" }, ...this.buttons);
  }

  /** From here on there are pictures of the points. */
  setPictures(drawPoint: DrawPoint): void {
    this.drawPoint = drawPoint;
    this.show(this.shown);
  }

  /** The image has gone elsewhere: these are still those of where it was. */
  pass(): void {
    this.root.classList.add("past");
  }

  show(neighbours: readonly Neighbour[]): void {
    this.root.classList.remove("past");
    this.shown = neighbours;
    this.buttons.forEach((button, index) => {
      const neighbour = neighbours[index];
      button.hidden = !neighbour || !this.drawPoint;
      if (!neighbour) return;
      const [canvas, label] = button.children;
      this.drawPoint?.(neighbour.row, canvas as HTMLCanvasElement);
      const name = `${this.nameOf(neighbour.row)}, image ${wholeNumber(neighbour.row + 1)}`;
      button.title = `${name}, at distance ${neighbour.distance.toFixed(2)} in latent space: go there`;
      button.setAttribute("aria-label", button.title);
      setText(label!, neighbour.distance.toFixed(2));
    });
  }
}

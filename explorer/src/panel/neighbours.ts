import type { Neighbour } from "../plane/nearest";
import { element, setText, wholeNumber } from "../page/dom";

export const NEIGHBOURS = 6;

/** Milliseconds from one search to the next while the image changes: ten a second, with what timers are late by. */
const PACE = 80;
/** A search among very many images may take at most one part in so many of the time, which is the hand's. */
const SHARE = 20;

/** Shows a point's picture, now or when it arrives; false where it is not to be had for now. */
export type DrawNeighbour = (point: number, canvas: HTMLCanvasElement) => boolean;

interface Slot {
  readonly button: HTMLButtonElement;
  readonly canvas: HTMLCanvasElement;
  readonly distance: HTMLElement;
  /** The image that the canvas holds. */
  drawn: number | null;
}

/** The real images nearest to the latent, as buttons that lead to them; they keep up with a moving hand. */
export class Neighbours {
  readonly root: HTMLElement;
  private readonly slots: readonly Slot[];
  private draw: DrawNeighbour | null = null;
  private shown: readonly Neighbour[] = [];
  private find: () => readonly Neighbour[] = () => [];
  private timer: ReturnType<typeof setTimeout> | null = null;
  private searched = -Infinity;
  private pace = PACE;

  constructor(
    private readonly nameOf: (point: number) => string,
    onChoose: (point: number) => void,
  ) {
    this.slots = Array.from({ length: NEIGHBOURS }, (_, index) => {
      const canvas = element("canvas", { class: "crisp", width: 1, height: 1 });
      const distance = element("span", { class: "muted" });
      const button = element("button", { type: "button", class: "bare", hidden: true }, canvas, distance);
      button.addEventListener("click", () => {
        const neighbour = this.shown[index];
        if (neighbour) onChoose(neighbour.row);
      });
      return { button, canvas, distance, drawn: null };
    });
    const buttons = this.slots.map(({ button }) => button);
    this.root = element("div", { class: "neighbours", role: "group", "aria-label": "Nearest real images" }, ...buttons);
  }

  /** From here on there are pictures of the points. */
  setPictures(draw: DrawNeighbour): void {
    this.draw = draw;
    for (const slot of this.slots) slot.drawn = null;
    this.show(this.shown);
  }

  /** The image has changed: those nearest to it are looked for soon, and those of where it comes to rest at last. */
  follow(find: () => readonly Neighbour[]): void {
    this.find = find;
    if (this.timer !== null) return;
    const since = performance.now() - this.searched;
    this.timer = setTimeout(() => this.search(), since < this.pace ? this.pace - since : this.pace);
  }

  /** Nothing is looked for any more. */
  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  show(neighbours: readonly Neighbour[]): void {
    this.shown = neighbours;
    this.slots.forEach((slot, index) => {
      const neighbour = neighbours[index];
      const { button, canvas, distance } = slot;
      button.hidden = !neighbour || !this.draw;
      if (!neighbour || !this.draw) return;
      if (slot.drawn !== neighbour.row) slot.drawn = this.draw(neighbour.row, canvas) ? neighbour.row : null;
      const away = neighbour.distance.toFixed(2);
      button.title = `${this.nameOf(neighbour.row)}, image ${wholeNumber(neighbour.row + 1)}, at distance ${away} in latent space: go there`;
      button.setAttribute("aria-label", button.title);
      setText(distance, away);
    });
  }

  private search(): void {
    this.timer = null;
    const begun = performance.now();
    this.show(this.find());
    this.searched = performance.now();
    this.pace = Math.max(PACE, SHARE * (this.searched - begun));
  }
}

import type { Neighbour } from "../plane/nearest";
import { element, setText } from "../page/dom";

export const NEIGHBOURS = 6;

/** Milliseconds from one search to the next while the image changes: ten a second, with what timers are late by. */
const PACE = 80;
/** Milliseconds that a search takes at a time, where the browser does not tell how many are free. */
const SLICE = 1;

/** Those nearest to one image, looked for step by step; null until they are found. */
export interface Search {
  step(): readonly Neighbour[] | null;
}

/** Calls when the page has nothing else to do, for as long as it has, and in any case within the pace. */
function whenIdle(act: (hasTime: () => boolean) => void): void {
  if (typeof requestIdleCallback === "function") requestIdleCallback((deadline) => act(() => deadline.timeRemaining() > 0), { timeout: PACE });
  else setTimeout(() => {
    const end = performance.now() + SLICE;
    act(() => performance.now() < end);
  });
}

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
  /** What begins a search by the newest image; null where that has been done. */
  private wanted: (() => Search) | null = null;
  private searching = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private searched = -Infinity;

  /** @param label what the points that are nearest are called together */
  constructor(
    label: string,
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
    this.root = element("div", { class: "neighbours", role: "group", "aria-label": label }, ...buttons);
  }

  /** From here on there are pictures of the points. */
  setPictures(draw: DrawNeighbour): void {
    this.draw = draw;
    for (const slot of this.slots) slot.drawn = null;
    this.show(this.shown);
  }

  /** The image has changed: those nearest to it are looked for soon, and those of where it comes to rest at last. */
  follow(begin: () => Search): void {
    this.wanted = begin;
    if (!this.searching) this.wait();
  }

  /** Nothing is looked for any more. */
  stop(): void {
    clearTimeout(this.timer);
    this.wanted = null;
    this.searching = false;
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
      button.title = `${this.nameOf(neighbour.row)}, at distance ${away} in latent space: go there`;
      button.setAttribute("aria-label", button.title);
      setText(distance, away);
    });
  }

  private wait(): void {
    this.searching = true;
    const since = performance.now() - this.searched;
    this.timer = setTimeout(() => this.search(), since < PACE ? PACE - since : PACE);
  }

  private search(): void {
    if (!this.wanted) return;
    this.searched = performance.now();
    const search = this.wanted();
    this.wanted = null;
    whenIdle((hasTime) => this.go(search, hasTime));
  }

  private go(search: Search, hasTime: () => boolean): void {
    if (!this.searching) return;
    let found = search.step();
    while (!found && hasTime()) found = search.step();
    if (!found) {
      whenIdle((more) => this.go(search, more));
      return;
    }
    this.show(found);
    this.searching = false;
    if (this.wanted) this.wait();
  }
}

import { element, setText } from "../page/dom";
import { Cards, type Shown } from "../tray/cards";
import { letterOf, type Stop } from "./state";

export interface StopListHandlers {
  /** The stops as they shall be: in another order, or fewer. */
  onChange(stops: readonly Stop[]): void;
  onChoose(index: number): void;
  /** Shows the image of a latent as soon as it is there. */
  decode(latent: Float32Array, show: (image: Float32Array) => void): void;
}

/** The stops of the path in their order, with their images. */
export class StopList {
  readonly root: HTMLElement;
  private readonly cards: Cards<Stop>;
  private readonly words = new WeakMap<Shown<Stop>, { readonly letter: HTMLElement; readonly name: HTMLElement }>();
  private stops: readonly Stop[] = [];
  private chosen = 0;

  constructor(size: number, channels: number, handlers: StopListHandlers) {
    this.cards = new Cards<Stop>({
      size,
      channels,
      handleTitle:
        "Choose it, then click on the map or use the arrow keys there; drag, or Alt with the arrow keys, to reorder; Delete to remove",
      removeTitle: "Remove the stop",
      furnish: (shown) => this.furnish(shown),
      describe: (shown, index) => this.describe(shown, index),
      onOpen: (stop) => handlers.onChoose(this.stops.indexOf(stop)),
      onChange: (stops) => handlers.onChange(stops),
      decode: (latent, show) => handlers.decode(latent, show),
    });
    this.root = this.cards.root;
    this.root.classList.add("stops");
    this.root.setAttribute("aria-label", "Stops");
  }

  /**
   * @param chosen the stop that the keys on the map move
   * @param fewest stops that have to stay
   */
  show(stops: readonly Stop[], chosen: number, fewest: number): void {
    this.cards.fewest = fewest;
    this.stops = stops;
    this.chosen = chosen;
    this.cards.show(stops);
  }

  /** The image of a stop that is in the hand. */
  showHeld(index: number, image: Float32Array): void {
    this.cards.of(this.stops[index])?.picture.show(image);
  }

  /** Shows a stop's own image again. */
  putBack(index: number): void {
    const stop = this.stops[index];
    if (stop) this.cards.redraw(stop);
  }

  private furnish(shown: Shown<Stop>): void {
    const letter = element("span", { class: "letter" });
    const name = element("span", { class: "stop-name" });
    shown.handle.append(letter);
    shown.handle.after(name);
    this.words.set(shown, { letter, name });
  }

  private describe(shown: Shown<Stop>, index: number): void {
    const { letter, name } = this.words.get(shown)!;
    setText(letter, letterOf(index));
    setText(name, shown.card.name);
    shown.handle.setAttribute("aria-label", `Stop ${letterOf(index)}, ${shown.card.name}`);
    shown.handle.setAttribute("aria-pressed", String(index === this.chosen));
  }
}

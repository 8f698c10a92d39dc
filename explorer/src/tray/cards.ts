import { iconButton } from "../page/controls";
import { element } from "../page/dom";
import { ImageCanvas } from "../page/image";
import { Reorder } from "./reorder";

const REMOVE = "M4 4l8 8M12 4l-8 8";

/** A latent that is shown by its image. */
export interface Card {
  readonly id: string;
  readonly latent: Float32Array;
}

/** A card on the screen. */
export interface Shown<Kind extends Card> {
  readonly root: HTMLElement;
  /** The image, which opens the card and by which it is carried. */
  readonly handle: HTMLButtonElement;
  readonly picture: ImageCanvas;
  readonly remove: HTMLButtonElement;
  card: Kind;
}

export interface CardsOptions<Kind extends Card> {
  readonly size: number;
  readonly channels: number;
  /** What is said of the handle when the pointer rests on it, and of the button that removes. */
  readonly handleTitle: string;
  readonly removeTitle: string;
  /** Puts what is particular to a kind of card into a new one. */
  furnish(shown: Shown<Kind>): void;
  /** Brings that up to date. */
  describe(shown: Shown<Kind>, index: number): void;
  onOpen(card: Kind): void;
  /** The cards as they shall be: in another order, or fewer. */
  onChange(cards: readonly Kind[]): void;
  /** Shows the image of a latent as soon as it is there. */
  decode(latent: Float32Array, show: (image: Float32Array) => void): void;
}

/** A row of images that can be opened, removed, and put into another order by hand or by Alt with the arrow keys. */
export class Cards<Kind extends Card> {
  readonly root = element("ol", { class: "pins" });
  /** Cards that always stay. */
  fewest = 0;
  private readonly shown = new Map<string, Shown<Kind>>();
  private cards: readonly Kind[] = [];
  private readonly reorder = new Reorder(this.root, { onDrop: () => this.drop(), onCancel: () => this.show(this.cards) });

  constructor(private readonly options: CardsOptions<Kind>) {}

  show(cards: readonly Kind[]): void {
    this.cards = cards;
    for (const [id, { root }] of this.shown) {
      if (cards.some((card) => card.id === id)) continue;
      root.remove();
      this.shown.delete(id);
    }
    cards.forEach((card, index) => {
      const shown = this.shown.get(card.id) ?? this.add(card);
      const changed = shown.card.latent !== card.latent;
      shown.card = card;
      if (changed) this.decode(shown);
      shown.remove.hidden = cards.length <= this.fewest;
      this.options.describe(shown, index);
      if (this.root.children[index] !== shown.root) this.root.insertBefore(shown.root, this.root.children[index] ?? null);
    });
  }

  of(card: Card | undefined): Shown<Kind> | undefined {
    return card && this.shown.get(card.id);
  }

  /** Shows a card's own image again, where another has been shown in its place. */
  redraw(card: Card): void {
    const shown = this.of(card);
    if (shown) this.decode(shown);
  }

  private decode(shown: Shown<Kind>): void {
    const { latent } = shown.card;
    // A newer latent may have come while this one was being decoded.
    this.options.decode(latent, (image) => shown.card.latent === latent && shown.picture.show(image));
  }

  private add(card: Kind): Shown<Kind> {
    const { size, channels, handleTitle, removeTitle } = this.options;
    const picture = new ImageCanvas(size, channels, "", "");
    picture.canvas.removeAttribute("role");
    const handle = element("button", { type: "button", class: "bare", title: handleTitle }, picture.canvas);
    const remove = iconButton(removeTitle, REMOVE, () => this.remove(shown));
    remove.classList.add("remove");
    const shown: Shown<Kind> = { root: element("li", {}, handle, remove), handle, picture, remove, card };
    handle.addEventListener("click", () => this.options.onOpen(shown.card));
    handle.addEventListener("keydown", (event) => this.key(event, shown));
    this.reorder.add(shown.root, handle);
    this.options.furnish(shown);
    this.decode(shown);
    this.shown.set(card.id, shown);
    return shown;
  }

  /** Takes a card away; the focus, which would go with it, passes to its neighbour. */
  private remove({ card }: Shown<Kind>): void {
    if (this.cards.length <= this.fewest) return;
    const at = this.cards.indexOf(card);
    const neighbour = this.cards[at + 1] ?? this.cards[at - 1];
    this.options.onChange(this.cards.toSpliced(at, 1));
    this.of(neighbour)?.handle.focus();
  }

  private key(event: KeyboardEvent, shown: Shown<Kind>): void {
    const step = event.altKey ? { ArrowRight: 1, ArrowLeft: -1 }[event.key] : undefined;
    if (event.key === "Delete") this.remove(shown);
    if (step === undefined) return;
    event.preventDefault();
    const from = this.cards.indexOf(shown.card);
    const to = from + step;
    if (to < 0 || to >= this.cards.length) return;
    this.options.onChange(this.cards.toSpliced(from, 1).toSpliced(to, 0, shown.card));
    shown.handle.focus();
  }

  /** Takes over the order that the cards were dragged into. */
  private drop(): void {
    const order = [...this.root.children];
    const place = (card: Kind): number => order.indexOf(this.of(card)!.root);
    const cards = this.cards.toSorted((a, b) => place(a) - place(b));
    if (cards.some((card, index) => card !== this.cards[index])) this.options.onChange(cards);
  }
}

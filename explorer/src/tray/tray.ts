import type { Manifest } from "../model/manifest";
import { textButton } from "../page/controls";
import { element, setText } from "../page/dom";
import { setHidden } from "../page/focus";
import type { Pin } from "../state/state";
import { Cards, type Shown } from "./cards";
import { MOST_PINS } from "./storage";

export interface TrayHandlers {
  /** The pins as they shall be: renamed, reordered, fewer. */
  onChange(pins: readonly Pin[]): void;
  onOpen(pin: Pin): void;
  /** Shows the image of a latent as soon as it is there. */
  decode(latent: Float32Array, show: (image: Float32Array) => void): void;
  onSavePictures(pictures: readonly HTMLCanvasElement[]): void;
  onSaveLatents(pins: readonly Pin[]): void;
}

/** The images that a person has kept, in their order. */
export class Tray {
  readonly root: HTMLElement;
  private readonly cards: Cards<Pin>;
  private readonly names = new WeakMap<Shown<Pin>, HTMLInputElement>();
  private readonly count = element("span", { class: "muted" });
  /** Not said before it is known what the browser has kept. */
  private readonly empty = element("p", { class: "muted", hidden: true }, "Nothing pinned yet. Pin what you want to keep or to interpolate between (key P).");
  private readonly actions: HTMLElement;
  private readonly message = element("span", { class: "message", role: "status" });
  private pins: readonly Pin[] = [];

  constructor(
    manifest: Manifest,
    private readonly handlers: TrayHandlers,
  ) {
    this.cards = new Cards<Pin>({
      size: manifest.model.image_size,
      channels: manifest.model.channels,
      handleTitle: "Go there; drag, or Alt with the arrow keys, to reorder",
      removeTitle: "Remove the pin",
      furnish: (shown) => this.furnish(shown),
      describe: (shown) => this.describe(shown),
      onOpen: (pin) => handlers.onOpen(pin),
      onChange: (pins) => handlers.onChange(pins),
      decode: (latent, show) => handlers.decode(latent, show),
    });
    this.actions = element(
      "span",
      { class: "actions", hidden: true },
      textButton("Save pictures", "All pinned images in one PNG", () => handlers.onSavePictures(this.pins.map((pin) => this.cards.of(pin)!.picture.canvas))),
      textButton("Save latents", "The latents of all pins as CSV", () => handlers.onSaveLatents(this.pins)),
      textButton("Clear", "Empty the tray; Undo brings it back", () => handlers.onChange([])),
    );
    const head = element("div", { class: "tray-head" }, element("h3", {}, "Tray"), this.count, this.message, this.actions);
    this.root = element("section", { class: "tray", tabindex: -1, "aria-label": "Tray of pinned images" }, head, this.empty, this.cards.root);
  }

  show(pins: readonly Pin[]): void {
    this.pins = pins;
    this.cards.show(pins);
    this.empty.hidden = pins.length > 0;
    setHidden(this.actions, pins.length === 0, () => this.root);
    setText(this.count, pins.length === 0 ? "" : `${pins.length} of ${MOST_PINS}`);
  }

  /** Says something about the tray as a whole: that it is full, that it will not be kept. */
  say(message: string): void {
    setText(this.message, message);
  }

  private furnish(shown: Shown<Pin>): void {
    const name = element("input", { class: "pin-name", value: shown.card.name, "aria-label": "Name of the pin", maxlength: 60 });
    name.addEventListener("change", () => this.rename(shown.card, name));
    name.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === "Escape") {
        if (event.key === "Escape") name.value = shown.card.name;
        name.blur();
      }
    });
    shown.handle.after(name);
    this.names.set(shown, name);
  }

  private describe(shown: Shown<Pin>): void {
    const name = this.names.get(shown)!;
    if (name.value !== shown.card.name) name.value = shown.card.name;
    shown.handle.setAttribute("aria-label", `Go to ${shown.card.name}`);
  }

  private rename(pin: Pin, input: HTMLInputElement): void {
    const name = input.value.trim();
    if (name === "" || name === pin.name) input.value = pin.name;
    else this.handlers.onChange(this.pins.map((other) => (other.id === pin.id ? { ...other, name } : other)));
  }
}

import type { Manifest } from "../model/manifest";
import { iconButton, textButton } from "../page/controls";
import { element, setText } from "../page/dom";
import { ImageCanvas } from "../panel/image";
import type { Pin } from "../state/state";
import { Reorder } from "./reorder";

export const MOST_PINS = 24;
const REMOVE = "M4 4l8 8M12 4l-8 8";

export interface TrayHandlers {
  /** The pins as they shall be: renamed, reordered, fewer. */
  onChange(pins: readonly Pin[]): void;
  onOpen(pin: Pin): void;
  /** Null while nothing can be decoded. */
  decode(latent: Float32Array): Promise<Float32Array> | null;
  onSavePictures(pictures: readonly HTMLCanvasElement[]): void;
  onSaveLatents(pins: readonly Pin[]): void;
}

interface Item {
  readonly root: HTMLElement;
  readonly open: HTMLButtonElement;
  readonly picture: ImageCanvas;
  readonly name: HTMLInputElement;
  pin: Pin;
}

/** The images that a person has kept, in their order. */
export class Tray {
  readonly root: HTMLElement;
  private readonly list = element("ol", { class: "pins" });
  private readonly count = element("span", { class: "muted" });
  private readonly empty = element("p", { class: "muted" }, "Nothing pinned yet. Pin what you want to keep or to interpolate between (key P).");
  private readonly actions: HTMLElement;
  private readonly message = element("span", { class: "message", role: "status" });
  private readonly items = new Map<string, Item>();
  private pins: readonly Pin[] = [];
  private readonly reorder = new Reorder(this.list, { onDrop: () => this.drop(), onCancel: () => this.show(this.pins) });

  constructor(
    private readonly manifest: Manifest,
    private readonly handlers: TrayHandlers,
  ) {
    this.actions = element(
      "span",
      { class: "actions", hidden: true },
      textButton("Save pictures", "All pinned images in one PNG", () => handlers.onSavePictures(this.pictures())),
      textButton("Save latents", "The latents of all pins as CSV", () => handlers.onSaveLatents(this.pins)),
      textButton("Clear", "Empty the tray; Undo brings it back", () => handlers.onChange([])),
    );
    const head = element("div", { class: "tray-head" }, element("h3", {}, "Tray"), this.count, this.message, this.actions);
    this.root = element("section", { class: "tray", "aria-label": "Tray of pinned images" }, head, this.empty, this.list);
  }

  show(pins: readonly Pin[]): void {
    this.pins = pins;
    for (const [id, item] of this.items) {
      if (pins.some((pin) => pin.id === id)) continue;
      item.root.remove();
      this.items.delete(id);
    }
    pins.forEach((pin, index) => {
      const item = this.items.get(pin.id) ?? this.add(pin);
      item.pin = pin;
      if (item.name.value !== pin.name) item.name.value = pin.name;
      item.open.setAttribute("aria-label", `Go to ${pin.name}`);
      if (this.list.children[index] !== item.root) this.list.insertBefore(item.root, this.list.children[index] ?? null);
    });
    this.empty.hidden = pins.length > 0;
    this.actions.hidden = pins.length === 0;
    setText(this.count, pins.length === 0 ? "" : `${pins.length} of ${MOST_PINS}`);
  }

  /** Says something about the tray as a whole: that it is full, that it will not be kept. */
  say(message: string): void {
    setText(this.message, message);
  }

  private pictures(): HTMLCanvasElement[] {
    return this.pins.map((pin) => this.items.get(pin.id)!.picture.canvas);
  }

  private add(pin: Pin): Item {
    const { image_size, channels } = this.manifest.model;
    const picture = new ImageCanvas(image_size, channels, "", "");
    picture.canvas.removeAttribute("role");
    const open = element("button", { type: "button", class: "bare", title: "Go there; drag, or Alt with the arrow keys, to reorder" }, picture.canvas);
    const name = element("input", { class: "pin-name", value: pin.name, "aria-label": "Name of the pin", maxlength: 60 });
    const remove = iconButton("Remove the pin", REMOVE, () => this.remove(item));
    remove.classList.add("remove");
    const root = element("li", {}, open, name, remove);
    const item: Item = { root, open, picture, name, pin };
    open.addEventListener("click", () => this.handlers.onOpen(item.pin));
    open.addEventListener("keydown", (event) => this.key(event, item));
    this.reorder.add(root, open);
    name.addEventListener("change", () => this.rename(item, name.value.trim()));
    name.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === "Escape") {
        if (event.key === "Escape") name.value = item.pin.name;
        name.blur();
      }
    });
    void this.handlers.decode(pin.latent)?.then((image) => picture.show(image));
    this.items.set(pin.id, item);
    return item;
  }

  private rename(item: Item, name: string): void {
    if (name === "" || name === item.pin.name) item.name.value = item.pin.name;
    else this.handlers.onChange(this.pins.map((pin) => (pin.id === item.pin.id ? { ...pin, name } : pin)));
  }

  /** Takes a pin away; the focus, which would go with it, passes to its neighbour. */
  private remove(item: Item): void {
    const at = this.pins.indexOf(item.pin);
    const neighbour = this.pins[at + 1] ?? this.pins[at - 1];
    this.handlers.onChange(this.pins.toSpliced(at, 1));
    if (neighbour) this.items.get(neighbour.id)!.open.focus();
  }

  private key(event: KeyboardEvent, item: Item): void {
    const step = event.altKey ? { ArrowRight: 1, ArrowLeft: -1 }[event.key] : undefined;
    if (event.key === "Delete") this.remove(item);
    if (step === undefined) return;
    event.preventDefault();
    const from = this.pins.indexOf(item.pin);
    const to = from + step;
    if (to < 0 || to >= this.pins.length) return;
    this.handlers.onChange(this.pins.toSpliced(from, 1).toSpliced(to, 0, item.pin));
    item.open.focus();
  }

  /** Takes over the order that the items were dragged into. */
  private drop(): void {
    const order = [...this.list.children];
    const pins = this.pins.toSorted((a, b) => order.indexOf(this.items.get(a.id)!.root) - order.indexOf(this.items.get(b.id)!.root));
    if (pins.some((pin, index) => pin !== this.pins[index])) this.handlers.onChange(pins);
  }
}

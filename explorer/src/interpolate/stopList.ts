import { iconButton } from "../page/controls";
import { element, setText } from "../page/dom";
import { ImageCanvas } from "../panel/image";
import { Reorder } from "../tray/reorder";
import { FEWEST_STOPS, letterOf, type Stop } from "./state";

const REMOVE = "M4 4l8 8M12 4l-8 8";

export interface StopListHandlers {
  /** The stops as they shall be: in another order, or fewer. */
  onChange(stops: readonly Stop[]): void;
  onChoose(index: number): void;
  decode(latent: Float32Array): Promise<Float32Array>;
}

interface Item {
  readonly root: HTMLElement;
  readonly choose: HTMLButtonElement;
  readonly remove: HTMLButtonElement;
  readonly picture: ImageCanvas;
  readonly letter: HTMLElement;
  readonly name: HTMLElement;
  stop: Stop;
}

/** The stops of the path in their order, with their images. */
export class StopList {
  readonly root = element("ol", { class: "pins stops", "aria-label": "Stops" });
  private readonly items = new Map<string, Item>();
  private stops: readonly Stop[] = [];
  private readonly reorder = new Reorder(this.root, { onDrop: () => this.drop(), onCancel: () => this.show(this.stops, null) });

  constructor(
    private readonly size: number,
    private readonly channels: number,
    private readonly handlers: StopListHandlers,
  ) {}

  /** @param chosen the stop that the keys on the map move */
  show(stops: readonly Stop[], chosen: number | null): void {
    this.stops = stops;
    for (const [id, item] of this.items) {
      if (stops.some((stop) => stop.id === id)) continue;
      item.root.remove();
      this.items.delete(id);
    }
    stops.forEach((stop, index) => {
      const item = this.items.get(stop.id) ?? this.add(stop);
      if (item.stop.latent !== stop.latent) this.picture(item, stop);
      item.stop = stop;
      setText(item.letter, letterOf(index));
      setText(item.name, stop.name);
      item.choose.setAttribute("aria-label", `Stop ${letterOf(index)}, ${stop.name}`);
      if (chosen !== null) item.choose.setAttribute("aria-pressed", String(index === chosen));
      item.remove.hidden = stops.length <= FEWEST_STOPS;
      if (this.root.children[index] !== item.root) this.root.insertBefore(item.root, this.root.children[index] ?? null);
    });
  }

  /** The image of a stop that is in the hand. */
  showHeld(index: number, image: Float32Array): void {
    this.items.get(this.stops[index]?.id ?? "")?.picture.show(image);
  }

  private picture(item: Item, stop: Stop): void {
    void this.handlers.decode(stop.latent).then((image) => item.stop.latent === stop.latent && item.picture.show(image));
  }

  private add(stop: Stop): Item {
    const picture = new ImageCanvas(this.size, this.channels, "", "");
    picture.canvas.removeAttribute("role");
    const letter = element("span", { class: "letter" });
    const name = element("span", { class: "stop-name" });
    const choose = element(
      "button",
      { type: "button", class: "bare", "aria-pressed": "false", title: "Choose it, then click on the map or use the arrow keys there; drag, or Alt with the arrow keys, to reorder; Delete to remove" },
      picture.canvas,
      letter,
    );
    const remove = iconButton("Remove the stop", REMOVE, () => this.remove(item));
    remove.classList.add("remove");
    const root = element("li", {}, choose, name, remove);
    const item: Item = { root, choose, remove, picture, letter, name, stop };
    choose.addEventListener("click", () => this.handlers.onChoose(this.stops.indexOf(item.stop)));
    choose.addEventListener("keydown", (event) => this.key(event, item));
    this.reorder.add(root, choose);
    this.picture(item, stop);
    this.items.set(stop.id, item);
    return item;
  }

  /** Takes a stop away; the focus, which would go with it, passes to its neighbour. */
  private remove(item: Item): void {
    if (this.stops.length <= FEWEST_STOPS) return;
    const at = this.stops.indexOf(item.stop);
    const neighbour = this.stops[at + 1] ?? this.stops[at - 1];
    this.handlers.onChange(this.stops.toSpliced(at, 1));
    if (neighbour) this.items.get(neighbour.id)!.choose.focus();
  }

  private key(event: KeyboardEvent, item: Item): void {
    const step = event.altKey ? { ArrowRight: 1, ArrowLeft: -1 }[event.key] : undefined;
    if (event.key === "Delete") this.remove(item);
    if (step === undefined) return;
    event.preventDefault();
    const from = this.stops.indexOf(item.stop);
    const to = from + step;
    if (to < 0 || to >= this.stops.length) return;
    this.handlers.onChange(this.stops.toSpliced(from, 1).toSpliced(to, 0, item.stop));
    item.choose.focus();
  }

  /** Takes over the order that the items were dragged into. */
  private drop(): void {
    const order = [...this.root.children];
    const stops = this.stops.toSorted((a, b) => order.indexOf(this.items.get(a.id)!.root) - order.indexOf(this.items.get(b.id)!.root));
    if (stops.some((stop, index) => stop !== this.stops[index])) this.handlers.onChange(stops);
  }
}

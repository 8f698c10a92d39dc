import { element } from "../page/dom";
import { CRISP, toPixels } from "../page/image";
import { type Arrived, nearestTiles, type Wanted } from "./frameDecoder";

/** Pixels of an image between two tiles. */
const GAP = 1;
/** Least and most CSS pixels of a tile. */
const TILE = { least: 46, most: 116 } as const;

export interface SheetHandlers {
  /** A tile has been chosen by hand or key. */
  onChoose(tile: number): void;
}

/** The decoded frames as tiles of one canvas: a film strip, which wraps where it is long, or a grid. */
export class Sheet {
  readonly root: HTMLElement;
  private readonly canvas = element("canvas");
  private readonly context = this.canvas.getContext("2d", { willReadFrequently: true })!;
  private readonly frame = element("div", { class: "current", hidden: true });
  private readonly tilePixels: ImageData;
  /** What is on show: the sheet, how its strip is wrapped, and its images as far as they are there. */
  private wanted: Wanted | null = null;
  private across = 1;
  private down = 1;
  private images: (Float32Array | null)[] = [];
  /** The image that each tile of the canvas shows. */
  private painted: (Float32Array | null)[] = [];
  private chosen = 0;

  constructor(
    private readonly size: number,
    private readonly channels: number,
    private readonly handlers: SheetHandlers,
    signal: AbortSignal,
  ) {
    this.tilePixels = this.context.createImageData(size, size);
    if (size <= CRISP) this.canvas.classList.add("crisp");
    const inner = element("div", { class: "tiles" }, this.canvas, this.frame);
    this.root = element("div", { class: "sheet", role: "slider", tabindex: 0, "aria-label": "Frame", "aria-valuemin": 1, "aria-valuenow": 1 }, inner);
    const resized = new ResizeObserver(() => this.wanted && this.layOut());
    resized.observe(this.root);
    signal.addEventListener("abort", () => resized.disconnect(), { once: true });
    inner.addEventListener("pointerdown", (event) => this.press(event, inner));
    inner.addEventListener("pointermove", (event) => inner.hasPointerCapture(event.pointerId) && event.buttons !== 0 && this.pick(event));
    this.root.addEventListener("keydown", (event) => this.key(event));
  }

  /** The images there are, in order; null for those still to come. */
  get frames(): readonly (Float32Array | null)[] {
    return this.images;
  }

  /** Takes over images; tiles that are not there yet show the nearest one that is. */
  take({ wanted, tiles, images }: Arrived): void {
    if (wanted !== this.wanted) {
      const before = this.wanted;
      this.wanted = wanted;
      this.images = new Array<Float32Array | null>(wanted.columns * wanted.rows).fill(null);
      if (before?.columns !== wanted.columns || before.rows !== wanted.rows) this.layOut();
    }
    tiles.forEach((tile, index) => (this.images[tile] = images[index]!));
    this.paint();
  }

  choose(tile: number, words: string): void {
    if (this.root.getAttribute("aria-valuetext") !== words) this.root.setAttribute("aria-valuetext", words);
    if (this.chosen === tile) return;
    this.chosen = tile;
    this.root.setAttribute("aria-valuenow", String(tile + 1));
    this.mark();
  }

  private get pitch(): number {
    return this.size + GAP;
  }

  private layOut(): void {
    const { columns, rows } = this.wanted!;
    const width = this.root.clientWidth;
    const fitting = Math.max(1, Math.floor(width / TILE.least));
    this.down = rows > 1 ? rows : Math.ceil(columns / fitting);
    this.across = rows > 1 ? columns : Math.ceil(columns / this.down);
    const widest = rows > 1 ? width : TILE.most * this.across;
    Object.assign(this.canvas, { width: this.across * this.pitch - GAP, height: this.down * this.pitch - GAP });
    (this.canvas.parentElement as HTMLElement).style.maxWidth = `${widest}px`;
    this.root.setAttribute("aria-valuemax", String(columns * rows));
    this.painted = [];
    this.paint();
    this.mark();
  }

  private paint(): void {
    const { columns, rows } = this.wanted!;
    const there = this.images.flatMap((image, tile) => (image ? [tile] : []));
    if (there.length === 0) return;
    const sources = there.length === this.images.length ? there : nearestTiles(columns, rows, there);
    sources.forEach((source, tile) => {
      const image = this.images[source]!;
      if (this.painted[tile] === image) return;
      this.painted[tile] = image;
      toPixels(image, this.channels, this.tilePixels.data);
      const left = (tile % this.across) * this.pitch;
      this.context.putImageData(this.tilePixels, left, Math.floor(tile / this.across) * this.pitch);
    });
    this.root.dataset["missing"] = String(this.images.length - there.length);
  }

  private mark(): void {
    const { frame, chosen, across, down, pitch, size } = this;
    frame.hidden = !this.wanted || chosen >= this.images.length;
    const [width, height] = [across * pitch - GAP, down * pitch - GAP];
    frame.style.left = `${(100 * (chosen % across) * pitch) / width}%`;
    frame.style.top = `${(100 * Math.floor(chosen / across) * pitch) / height}%`;
    frame.style.width = `${(100 * size) / width}%`;
    frame.style.height = `${(100 * size) / height}%`;
  }

  private press(event: PointerEvent, inner: HTMLElement): void {
    if (event.button !== 0 || event.ctrlKey) return;
    inner.setPointerCapture(event.pointerId);
    this.pick(event);
  }

  private pick(event: PointerEvent): void {
    const box = this.canvas.getBoundingClientRect();
    const place = (share: number, count: number): number => Math.min(Math.max(Math.floor(share * count), 0), count - 1);
    const column = place((event.clientX - box.left) / box.width, this.across);
    const row = place((event.clientY - box.top) / box.height, this.down);
    this.handlers.onChoose(Math.min(row * this.across + column, this.images.length - 1));
  }

  private key(event: KeyboardEvent): void {
    const last = this.images.length - 1;
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: this.down > 1 ? this.across : 1,
      ArrowUp: this.down > 1 ? -this.across : -1,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.handlers.onChoose(Math.min(Math.max(this.chosen + step, 0), last));
  }
}

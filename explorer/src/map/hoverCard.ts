import { element, setText } from "../page/dom";
import { clamp, type Place } from "../base/geometry";
import { ImageCanvas } from "../page/image";
import type { Manifest } from "../model/manifest";
import { pointName, pointWords } from "../model/pointWords";
import type { DrawPoint } from "../model/thumbnails";

/** A pointer that rests this long on a point wants to know more of it. */
const DWELL = 220;
const GAP = 16;

export interface HoverSource {
  className(point: number): string;
  color(point: number): string;
  /** Null while nothing can be decoded. */
  reconstruct(point: number): Promise<Float32Array> | null;
  place(point: number): Place;
  onError(error: unknown): void;
}

/** The card beside a point: its picture, what the model makes of it unless it has made the picture, its class and its number. */
export class HoverCard {
  readonly root: HTMLElement;
  private readonly picture = element("canvas", { class: "crisp", role: "img", "aria-label": "The image" });
  private readonly reconstruction: ImageCanvas;
  private readonly swatch = element("span", { class: "swatch" });
  private readonly name = element("strong");
  private readonly number = element("span", { class: "muted" });
  private drawPoint: DrawPoint | null = null;
  private point: number | null = null;
  private timer = 0;

  constructor(
    private readonly manifest: Manifest,
    private readonly source: HoverSource,
    signal: AbortSignal,
  ) {
    const { image_size, channels } = manifest.model;
    const { decoded } = manifest.data;
    this.reconstruction = new ImageCanvas(image_size, channels, "", "Its reconstruction");
    const figure = (canvas: HTMLCanvasElement, caption: string): HTMLElement =>
      element("figure", {}, canvas, element("figcaption", {}, caption));
    this.root = element(
      "div",
      { class: "card", hidden: true },
      element("p", {}, this.swatch, this.name, this.number),
      element(
        "div",
        { class: "pair" },
        figure(this.picture, decoded ? pointWords(manifest).made : "image"),
        decoded ? "" : figure(this.reconstruction.canvas, "reconstruction"),
      ),
    );
    signal.addEventListener("abort", () => clearTimeout(this.timer), { once: true });
  }

  /** From here on there are pictures of the points. */
  setPictures(drawPoint: DrawPoint): void {
    this.drawPoint = drawPoint;
    if (this.point !== null) drawPoint(this.point, this.picture);
  }

  /** The pointer is over this point now, or over none. */
  over(point: number | null): void {
    if (point === this.point) return;
    this.point = point;
    clearTimeout(this.timer);
    this.root.hidden = true;
    if (point !== null) this.timer = window.setTimeout(() => this.open(point).catch((error: unknown) => this.source.onError(error)), DWELL);
  }

  private async open(point: number): Promise<void> {
    this.drawPoint?.(point, this.picture);
    const image = this.manifest.data.decoded ? null : await this.source.reconstruct(point);
    if (this.point !== point) return;
    if (image) this.reconstruction.show(image);
    this.swatch.style.setProperty("--swatch", this.source.color(point));
    setText(this.name, this.source.className(point));
    setText(this.number, pointName(this.manifest, point));
    this.root.hidden = false;
    this.placeBeside(point);
  }

  /** Right of the point, or left of it where there is no room, and always inside the map. */
  private placeBeside(point: number): void {
    const area = this.root.parentElement;
    if (!area) return;
    const { left, top } = this.source.place(point);
    const width = this.root.offsetWidth;
    const height = this.root.offsetHeight;
    const beside = left + GAP + width <= area.clientWidth ? left + GAP : left - GAP - width;
    this.root.style.left = `${clamp(beside, 8, Math.max(8, area.clientWidth - width - 8))}px`;
    this.root.style.top = `${clamp(top - height / 2, 8, Math.max(8, area.clientHeight - height - 8))}px`;
  }
}

import { element } from "../page/dom";
import { onPixelRatio } from "../page/pixelRatio";
import { Backdrop } from "./backdrop";
import { type Bounds, distance, type Place, type Position, sameBounds } from "../base/geometry";
import { PointGrid } from "../plane/pointGrid";
import { type Cover, freePlace } from "./edge";
import { type Mark, Marks } from "./marks";
import { type Outline, Outlines } from "./outlines";
import { PointLayer } from "./pointLayer";
import { pointStyle } from "./points";
import { View } from "./view";
import { zoomButtons } from "./zoomButtons";

/** Pixels from the probe's centre that still take hold of it: a target of 44 for a mouse, 60 for a finger. */
const PROBE_REACH = { mouse: 22, touch: 30 };
const POINT_REACH = { mouse: 3, touch: 12 };
/** Pixels between the hint and the map's edge, and between it and a ring's middle. */
const HINT_ROOM = 16 + 26;

/** Beyond this many pixels from any data point the caption no longer speaks of being near one. */
export const NEAR = 24;

/** What a map says of itself. */
export interface MapWords {
  readonly label: string;
  /** What to do first; gone once it has been done. */
  readonly hint: string;
  /** Keys beside those that every map has, as `aria-keyshortcuts` writes them. */
  readonly shortcuts: string;
}

/** The map: points drawn once for a view, and on a layer of its own whatever moves. */
export class MapPane {
  readonly root: HTMLElement;
  /** What takes the pointer and the keys. */
  readonly surface: HTMLElement;
  readonly view: View;
  readonly backdrop = new Backdrop();
  private readonly outlines = new Outlines();
  private readonly marks = new Marks();
  private readonly layer: PointLayer;
  private readonly probe = element("div", { class: "probe", hidden: true });
  private readonly ring = element("div", { class: "ring", hidden: true });
  private readonly hint: HTMLElement;
  /** What lies over the map. */
  private readonly tools: HTMLElement[] = [];
  private readonly busy = element("p", { class: "busy", role: "status" });
  private points: Float32Array = new Float32Array(0);
  private visible: Uint8Array | null = null;
  private grid: PointGrid | null = null;
  /** What lies under and over the points has to be painted anew, or what moves there alone. */
  private stale: "all" | "moving" | null = "all";
  private probePosition: Position | null = null;
  private ringPoint: number | null = null;

  constructor(
    private bounds: Bounds,
    { label, hint, shortcuts }: MapWords,
    private readonly requestFrame: () => void,
    signal: AbortSignal,
  ) {
    this.view = new View(bounds);
    this.hint = element("p", { class: "hint" }, hint);
    const canvas = element("canvas", { class: "points", "aria-hidden": "true" });
    this.layer = new PointLayer(canvas, requestFrame, signal);
    this.surface = element(
      "div",
      {
        class: "surface",
        tabindex: 0,
        role: "application",
        "aria-roledescription": "map",
        "aria-label": label,
        "aria-keyshortcuts": `ArrowLeft ArrowRight ArrowUp ArrowDown + - 0 Escape ${shortcuts}`.trimEnd(),
      },
      this.backdrop.canvas,
      canvas,
      this.backdrop.lines,
      this.outlines.root,
      this.marks.root,
      this.ring,
      this.probe,
    );
    this.root = element("div", { class: "map" }, this.surface, this.hint, this.busy);
    this.addTools(zoomButtons((factor) => this.zoom(factor), () => this.fit()));
    const resized = new ResizeObserver(([entry]) => {
      if (!entry) return;
      this.view.resize(entry.contentRect.width, entry.contentRect.height);
      this.redraw();
    });
    resized.observe(this.surface);
    onPixelRatio(() => this.redraw(), signal);
    signal.addEventListener("abort", () => resized.disconnect(), { once: true });
  }

  /** @param bounds of the points; the view fits them if they are new */
  setPoints(points: Float32Array, bounds: Bounds): void {
    this.points = points;
    this.layer.setPoints(points);
    if (!sameBounds(bounds, this.bounds)) this.view.setBounds(bounds);
    this.bounds = bounds;
    this.grid = new PointGrid(points);
  }

  /** @param visible 0 for a point that no pointer finds; its colour hides it */
  setVisible(visible: Uint8Array | null): void {
    this.visible = visible;
  }

  /** While the points are being laid out anew nothing on the map can be taken hold of; null when they are. */
  setBusy(words: string | null): void {
    this.busy.textContent = words ?? "";
    this.surface.inert = words !== null;
  }

  /** Points stand back where images lie behind them. */
  setFaint(faint: boolean): void {
    this.root.classList.toggle("faint", faint);
  }

  /** @param colors a point's colour as 0xAABBGGRR */
  setColors(colors: Uint32Array): void {
    this.layer.setColors(colors);
  }

  positionOf(point: number): Position {
    return { x: this.points[2 * point]!, y: this.points[2 * point + 1]! };
  }

  /** The point under a pointer, or null. */
  pointAt(place: Place, touch: boolean): number | null {
    const { radius } = pointStyle(this.layer.count, this.view.width, this.view.height, this.view.zoom);
    const reach = (radius + (touch ? POINT_REACH.touch : POINT_REACH.mouse)) / this.view.scale;
    return this.grid?.nearest(this.view.toPosition(place), reach, this.visible) ?? null;
  }

  /** The point nearest to a position, and how far it is in pixels. */
  nearestPoint(position: Position): { readonly point: number; readonly pixels: number } | null {
    const point = this.grid?.nearestOfAll(position, this.visible) ?? null;
    return point === null ? null : { point, pixels: distance(position, this.positionOf(point)) * this.view.scale };
  }

  /** The point nearest to a position among those that are seen and not 0 in `wanted`; null where there is none. */
  nearestAmong(position: Position, wanted: Uint8Array | null): number | null {
    const { visible } = this;
    const both = wanted && visible ? visible.map((seen, point) => seen & wanted[point]!) : (wanted ?? visible);
    return this.grid?.nearestOfAll(position, both) ?? null;
  }

  probeAt(place: Place, touch: boolean): boolean {
    if (!this.probePosition) return false;
    const probe = this.seenAt(this.probePosition);
    const reach = touch ? PROBE_REACH.touch : PROBE_REACH.mouse;
    return Math.hypot(probe.left - place.left, probe.top - place.top) <= reach;
  }

  /** Where what stands at a position is seen: there, or at the edge of a map that it lies beyond. */
  seenAt(position: Position): Place {
    const place = this.view.toPlace(position);
    return this.isOutside(position) ? this.free(place) : place;
  }

  moveProbe(position: Position): void {
    this.probePosition = position;
    this.requestFrame();
  }

  /** Pans if the probe has left the map's edge or lies under a tool; for moves that no pointer makes. */
  revealProbe(): void {
    if (this.probePosition && this.view.reveal(this.probePosition, (place) => this.free(place))) this.follow();
  }

  /** Puts tools over the map, under which nothing is hidden that no hand has put there. */
  addTools(tools: HTMLElement): void {
    this.tools.push(tools);
    this.root.append(tools);
  }

  setRing(point: number | null): void {
    if (this.ringPoint === point) return;
    this.ringPoint = point;
    this.requestFrame();
  }

  setHeld(held: boolean): void {
    this.root.classList.toggle("held", held);
    if (held) this.dismissHint();
  }

  /** Once a person has moved the probe, they know how. */
  dismissHint(): void {
    this.hint.classList.add("done");
  }

  /** Whoever does anything else on the page has no need of the hint either. */
  endHintWithUse(page: HTMLElement): void {
    for (const use of ["pointerdown", "input", "keydown"]) {
      page.addEventListener(use, (event) => (event as KeyboardEvent).key === "Tab" || this.dismissHint());
    }
  }

  setCursor(cursor: "grab" | "grabbing" | "pointer" | "crosshair"): void {
    if (this.surface.dataset["cursor"] !== cursor) this.surface.dataset["cursor"] = cursor;
  }

  pan(left: number, top: number): void {
    this.view.panBy(left, top);
    this.follow();
  }

  zoom(factor: number, place: Place = { left: this.view.width / 2, top: this.view.height / 2 }): void {
    this.view.zoomAt(factor, place);
    this.follow();
  }

  fit(): void {
    this.view.fit();
    this.redraw();
  }

  lookAt(position: Position, zoom: number): void {
    this.view.lookAt(position, zoom);
    this.redraw();
  }

  setMarks(set: "ghost" | "pins" | "stops", marks: readonly Mark[]): void {
    this.marks.set(set, marks);
    this.move();
  }

  setOutlines(outlines: readonly Outline[]): void {
    this.outlines.set(outlines);
    this.move();
  }

  /** The backdrop has changed. */
  refresh(): void {
    this.stale = "all";
    this.requestFrame();
  }

  /** Brings the screen up to date; called once a frame. */
  paint(): void {
    this.layer.paint(this.view);
    if (this.stale === "all") this.backdrop.paint(this.view);
    if (this.stale) {
      this.outlines.paint(this.view);
      this.marks.paint((position) => this.seenAt(position));
    }
    this.stale = null;
    this.settle(this.probe, this.probePosition);
    this.probe.classList.toggle("beyond", this.probePosition !== null && this.isOutside(this.probePosition));
    this.settle(this.ring, this.ringPoint === null ? null : this.positionOf(this.ringPoint));
    this.placeHint();
  }

  /** The hint stands below or above, where it hides less of what it speaks of. */
  private placeHint(): void {
    if (this.hint.matches(".done")) return;
    const height = this.hint.offsetHeight + HINT_ROOM;
    const near = [...(this.probePosition ? [this.probePosition] : []), ...this.marks.positions].map((position) => this.seenAt(position).top);
    const above = near.filter((top) => top < height).length;
    const below = near.filter((top) => top > this.view.height - height).length;
    this.hint.classList.toggle("above", below > above);
  }

  private settle(mark: HTMLElement, position: Position | null): void {
    mark.hidden = position === null;
    if (!position) return;
    const { left, top } = this.seenAt(position);
    mark.style.transform = `translate3d(${left.toFixed(2)}px, ${top.toFixed(2)}px, 0)`;
  }

  /** Whether a position is beyond the map, and not where a hand has moved the view to. */
  private isOutside(position: Position): boolean {
    return this.view.isBeyond(position) && !this.view.shows(position);
  }

  private free(place: Place): Place {
    const { offsetLeft: left, offsetTop: top } = this.surface;
    const covers = this.tools.map((tool): Cover => ({ left: tool.offsetLeft - left, top: tool.offsetTop - top, right: tool.offsetLeft + tool.offsetWidth - left, bottom: tool.offsetTop + tool.offsetHeight - top }));
    return freePlace(place, this.view, covers);
  }

  /** Outlines or marks have changed. */
  private move(): void {
    this.stale ??= "moving";
    this.requestFrame();
  }

  private redraw(): void {
    this.stale = "all";
    this.layer.redraw();
  }

  private follow(): void {
    this.stale = "all";
    this.layer.follow();
  }
}

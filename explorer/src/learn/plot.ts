import type { Position } from "../base/geometry";
import { signed } from "../base/signed";
import { element, setText, svg } from "../page/dom";
import { type Hue, hue } from "./hues";

export interface Extent {
  readonly least: number;
  readonly most: number;
}

export interface Axis extends Extent {
  /** What stands at it; the quantity and its unit. */
  readonly label: string;
  /** Without marks, where only shapes count. */
  readonly bare?: boolean;
  /** What stands at a mark, where that is not the number itself: of an axis of logarithms, say. */
  readonly written?: (value: number) => string;
}

export interface PlotOptions {
  /** What it shows, for those who do not see it; what moves in it is said by the lesson's sentence. */
  readonly label: string;
  readonly x: Axis;
  readonly y: Axis;
  /** CSS pixels. */
  readonly height: number;
  /** Round marks at other places than the plot finds by itself. */
  readonly marks?: { readonly x?: readonly number[]; readonly y?: readonly number[] };
}

export interface CurveLook {
  readonly hue: Hue;
  readonly dashed?: boolean;
  readonly thin?: boolean;
  /** Filled down to y = 0 (or the lower edge). */
  readonly filled?: boolean;
}

const MARGINS = { left: 46, right: 12, top: 10, bottom: 36 };
const BARE_LEFT = 14;
/** Pixels between two marks of an axis. */
const SPACING = { x: 72, y: 44 };
const MOST = 1e5;

/** Round numbers within an extent, about as many as asked for. */
export function roundMarks({ least, most }: Extent, count: number): number[] {
  const raw = (most - least) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw * 0.999)!;
  const first = Math.ceil(least / step - 1e-9);
  const last = Math.floor(most / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

const digits = (value: number): string => signed(String(Number(value.toPrecision(6))));

/** A curve, drawn anew by one attribute. */
export class Curve {
  readonly root: SVGPathElement;

  constructor(
    private readonly plot: Plot,
    private readonly look: CurveLook,
  ) {
    const kinds = ["curve", look.dashed && "dashed", look.thin && "thin", look.filled && "filled"].filter(Boolean).join(" ");
    this.root = svg("path", { class: kinds });
    this.root.style.setProperty("--hue", hue(look.hue));
  }

  /** @param x rising places, y as many values; what is not finite is left out */
  show(x: ArrayLike<number>, y: ArrayLike<number>): void {
    const { plot, look } = this;
    const ground = look.filled ? tenths(plot.down(Math.max(0, plot.y.least))) : 0;
    let path = look.filled && x.length > 0 ? `L${tenths(plot.across(x[0]!))} ${ground}` : "";
    for (let index = 0; index < x.length; index++) {
      const down = plot.down(y[index]!);
      if (Number.isFinite(down)) path += `L${tenths(plot.across(x[index]!))} ${tenths(Math.min(MOST, Math.max(-MOST, down)))}`;
    }
    if (look.filled && x.length > 0) path += `L${tenths(plot.across(x[x.length - 1]!))} ${ground}`;
    this.root.setAttribute("d", path.replace("L", "M"));
  }
}

/** To a tenth of a pixel. */
const tenths = (pixels: number): number => Math.round(10 * pixels) / 10;

let clips = 0;

/** Axes and curves as SVG, in CSS pixels; it fills the width that there is, and is drawn anew when that is another one. */
export class Plot {
  readonly svg: SVGSVGElement;
  readonly root: HTMLElement;
  /** All within the axes, for a hand that draws there. */
  readonly surface = svg("rect", { class: "surface" });
  /** What is drawn within the axes, in the order in which it is added; cut off at their edges. */
  readonly inside = svg("g", {});
  /** What lies above all else and is not cut off: handles, words. */
  readonly above = svg("g", {});
  private readonly frame = svg("g", { class: "axes" });
  private readonly box = svg("rect", {});
  private width = 0;
  private drawn = "";
  private extents: { x: Axis; y: Axis };

  /** @param repaint called when the plot has another width, for what the lesson draws in it */
  constructor(
    private readonly options: PlotOptions,
    private readonly repaint: () => void,
    signal: AbortSignal,
  ) {
    this.extents = { x: options.x, y: options.y };
    const clip = `plot-clip-${++clips}`;
    this.svg = svg(
      "svg",
      { class: "plot", role: "group", "aria-label": options.label, height: options.height },
      svg("defs", {}, svg("clipPath", { id: clip }, this.box)),
      this.frame,
      this.surface,
      svg("g", { "clip-path": `url(#${clip})` }, this.inside),
      this.above,
    );
    this.root = element("div", { class: "plot-place" }, this.svg);
    const sizes = new ResizeObserver(([entry]) => this.setWidth(Math.floor(entry!.contentRect.width)));
    sizes.observe(this.root);
    signal.addEventListener("abort", () => sizes.disconnect(), { once: true });
  }

  get x(): Axis {
    return this.extents.x;
  }

  get y(): Axis {
    return this.extents.y;
  }

  /** Whether it is on the page, so that there is somewhere to draw. */
  get ready(): boolean {
    return this.width > 0;
  }

  curve(look: CurveLook): Curve {
    const curve = new Curve(this, look);
    this.inside.append(curve.root);
    return curve;
  }

  /** Shows another part of the plane; what is drawn in it is to be drawn anew. */
  setExtent(axis: "x" | "y", { least, most }: Extent): void {
    this.extents[axis] = { ...this.extents[axis], least, most };
    this.drawAxes();
  }

  /** Pixels from the left of a place on the x axis. */
  across(x: number): number {
    const { least, most } = this.x;
    return this.left + ((x - least) / (most - least)) * (this.right - this.left);
  }

  /** Pixels from the top of a place on the y axis. */
  down(y: number): number {
    const { least, most } = this.y;
    return this.bottom - ((y - least) / (most - least)) * (this.bottom - this.top);
  }

  /** The place on the x axis at so many pixels from the left. */
  xAt(across: number): number {
    const { least, most } = this.x;
    return least + ((across - this.left) / (this.right - this.left)) * (most - least);
  }

  yAt(down: number): number {
    const { least, most } = this.y;
    return least + ((this.bottom - down) / (this.bottom - this.top)) * (most - least);
  }

  /** Where a pointer is, in the plot's own units. */
  placeAt({ clientX, clientY }: PointerEvent): Position {
    const { left, top } = this.svg.getBoundingClientRect();
    return { x: this.xAt(clientX - left), y: this.yAt(clientY - top) };
  }

  get left(): number {
    return this.y.bare ? BARE_LEFT : MARGINS.left;
  }

  get right(): number {
    return this.width - MARGINS.right;
  }

  get top(): number {
    return MARGINS.top;
  }

  get bottom(): number {
    return this.options.height - MARGINS.bottom;
  }

  private setWidth(width: number): void {
    if (width === this.width || width === 0) return;
    this.width = width;
    this.svg.setAttribute("width", String(width));
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.options.height}`);
    this.drawAxes();
    this.repaint();
  }

  private drawAxes(): void {
    if (!this.ready) return;
    const { left, right, top, bottom } = this;
    const now = JSON.stringify([this.width, this.extents]);
    if (now === this.drawn) return;
    this.drawn = now;
    for (const [name, value] of Object.entries({ x: left, y: top, width: right - left, height: bottom - top })) {
      for (const rect of [this.box, this.surface]) rect.setAttribute(name, String(value));
    }
    this.frame.replaceChildren(...this.xAxis(), ...(this.y.bare ? [] : this.yAxis()));
  }

  private *xAxis(): Generator<SVGElement> {
    const { left, right, top, bottom, x, options } = this;
    const marks = x.bare ? [] : (options.marks?.x ?? roundMarks(x, (right - left) / SPACING.x));
    for (const mark of marks) {
      const at = this.across(mark);
      yield svg("line", { class: "grid", x1: at, x2: at, y1: top, y2: bottom });
      yield svg("text", { class: "mark", x: at, y: bottom + 15, "text-anchor": "middle" }, (x.written ?? digits)(mark));
    }
    yield svg("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom });
    yield svg("text", { class: "axis-label", x: right, y: bottom + 30, "text-anchor": "end" }, x.label);
  }

  private *yAxis(): Generator<SVGElement> {
    const { left, right, top, bottom, y, options } = this;
    for (const mark of options.marks?.y ?? roundMarks(y, (bottom - top) / SPACING.y)) {
      const at = this.down(mark);
      yield svg("line", { class: "grid", x1: left, x2: right, y1: at, y2: at });
      yield svg("text", { class: "mark", x: left - 6, y: at + 4, "text-anchor": "end" }, (y.written ?? digits)(mark));
    }
    yield svg("text", { class: "axis-label", x: left + 4, y: top + 8 }, y.label);
  }
}

/** What a colour stands for, as a row under a plot. */
export function legend(entries: readonly (readonly [Hue, string])[]): HTMLElement {
  return element(
    "ul",
    { class: "legend" },
    ...entries.map(([name, words]) => {
      const swatch = element("span", { class: "swatch" });
      swatch.style.setProperty("--swatch", hue(name));
      return element("li", {}, swatch, words);
    }),
  );
}

/** Rows of a name and its numbers, whose words change in place: ours, the oracle's. */
export class Figures {
  readonly root: HTMLElement;
  private readonly cells: readonly HTMLElement[][];

  /** @param columns the headings, the first one above the names */
  constructor(caption: string, columns: readonly string[], names: readonly (string | Node)[]) {
    this.cells = names.map(() => columns.slice(1).map(() => element("td", {})));
    const heads = columns.map((words) => element("th", { scope: "col" }, words));
    const rows = names.map((name, index) => element("tr", {}, element("th", { scope: "row" }, name), ...this.cells[index]!));
    this.root = element("table", { class: "figures" }, element("caption", { class: "unseen" }, caption), element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
  }

  show(row: number, ...words: readonly string[]): void {
    words.forEach((word, index) => setText(this.cells[row]![index]!, word));
  }
}

/** A number as it stands in text and tables, with a true minus sign. */
export const inWords = (value: number, decimals = 4): string => (Number.isFinite(value) ? signed(value.toFixed(decimals)) : value > 0 ? "∞" : value < 0 ? "−∞" : "–");

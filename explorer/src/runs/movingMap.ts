import { onPixelRatio, sizeCanvas } from "../page/pixelRatio";
import { element, withProperties } from "../page/dom";
import { classColors, toCss } from "../page/palette";
import type { LearnedMap } from "./learned";

const HEIGHT = 220;
const MARGIN = 10;
const DOT = 2;
/** A move from one epoch's places to the next one's: few frames, since each is taken from the training. */
const MOVE = 400;
const FRAME = 50;

/** Positions of points one after the other, and what of the plane is seen. */
interface Placed {
  readonly at: Float64Array;
  readonly center: readonly [number, number];
  readonly reach: number;
}

function placed(map: LearnedMap): Placed {
  const at = Float64Array.from(map.positions.flat());
  const range = (axis: number): readonly [number, number] => {
    let [least, most] = [Infinity, -Infinity];
    for (let index = axis; index < at.length; index += 2) {
      least = Math.min(least, at[index]!);
      most = Math.max(most, at[index]!);
    }
    return [least, most];
  };
  const [left, right] = range(0);
  const [bottom, top] = range(1);
  return { at, center: [(left + right) / 2, (bottom + top) / 2], reach: Math.max(right - left, top - bottom, 1e-6) / 2 };
}

const between = (from: number, to: number, share: number): number => from + (to - from) * share;

function mixed(from: Placed, to: Placed, share: number): Placed {
  return {
    at: to.at.map((value, index) => between(from.at[index]!, value, share)),
    center: [between(from.center[0], to.center[0], share), between(from.center[1], to.center[1], share)],
    reach: between(from.reach, to.reach, share),
  };
}

/** Where a sample of the images lies, coloured by class; its points move to their new places. */
export class MovingMap {
  private readonly canvas = element("canvas", { role: "img" });
  private readonly legend = element("ul", { class: "legend" });
  private readonly title = element("figcaption", {});
  private readonly place = element("div", {}, this.canvas);
  readonly root = element("figure", { class: "chart" }, this.title, this.place, this.legend);
  private goal: Placed | null = null;
  private shown: Placed | null = null;
  private labels: readonly number[] = [];
  private names: readonly string[] = [];
  private moving = 0;

  private dark = false;
  private colors: readonly string[] = [];

  constructor(signal: AbortSignal) {
    const sizes = new ResizeObserver(() => this.draw());
    sizes.observe(this.place);
    onPixelRatio(() => this.draw(), signal);
    signal.addEventListener("abort", () => {
      sizes.disconnect();
      clearTimeout(this.moving);
    });
  }

  show(map: LearnedMap, names: readonly string[], exact: boolean): void {
    const before = this.goal;
    this.goal = placed(map);
    this.labels = map.labels;
    this.names = names;
    this.title.textContent = exact ? "The latent space" : "The latents' two main directions";
    this.showLegend();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (before && before.at.length === this.goal.at.length && !still) this.move(this.shown ?? before, this.goal, performance.now());
    else this.stand(this.goal);
  }

  setTheme(dark: boolean): void {
    this.dark = dark;
    this.showLegend();
    this.draw();
  }

  private move(from: Placed, to: Placed, began: number): void {
    clearTimeout(this.moving);
    const share = Math.min(1, (performance.now() - began) / MOVE);
    this.stand(mixed(from, to, 1 - (1 - share) ** 3));
    if (share < 1) this.moving = window.setTimeout(() => this.move(from, to, began), FRAME);
  }

  private stand(where: Placed): void {
    this.shown = where;
    this.draw();
  }

  private get classes(): readonly number[] {
    return [...new Set(this.labels)].sort((a, b) => a - b);
  }

  private showLegend(): void {
    const classes = this.classes;
    this.colors = classColors(Math.max(0, ...classes) + 1, this.dark).map(toCss);
    const name = (label: number): string => this.names[label] ?? String(label);
    const entries = classes.map((label) => element("li", {}, this.swatch(label), element("span", { class: "name", title: name(label) }, name(label))));
    this.legend.replaceChildren(...(classes.length > 1 ? entries : []));
    this.canvas.setAttribute("aria-label", `Map of ${this.labels.length} images${classes.length > 1 ? ` of ${classes.length} classes` : ""}`);
  }

  private swatch(label: number): HTMLElement {
    return withProperties(element("span", { class: "swatch" }), { "--swatch": this.colors[label]! });
  }

  private draw(): void {
    const { canvas, shown } = this;
    const width = this.place.clientWidth;
    const context = canvas.getContext("2d");
    if (!shown || !context || width === 0) return;
    const dense = devicePixelRatio;
    if (!sizeCanvas(canvas, width, HEIGHT, dense)) context.clearRect(0, 0, width, HEIGHT);
    context.setTransform(dense, 0, 0, dense, 0, 0);
    const scale = (Math.min(width, HEIGHT) / 2 - MARGIN) / shown.reach;
    for (const label of this.classes) {
      context.fillStyle = this.colors[label]!;
      context.beginPath();
      for (const [index, own] of this.labels.entries()) {
        if (own !== label) continue;
        const x = width / 2 + (shown.at[2 * index]! - shown.center[0]) * scale;
        const y = HEIGHT / 2 - (shown.at[2 * index + 1]! - shown.center[1]) * scale;
        context.moveTo(x + DOT, y);
        context.arc(x, y, DOT, 0, 2 * Math.PI);
      }
      context.fill();
    }
  }
}

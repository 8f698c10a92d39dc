import "./language";
import uPlot from "uplot";
import { element } from "../page/dom";
import { signed } from "../base/signed";
import { inWords } from "./numbers";

/** CSS colours. */
export interface Look {
  readonly muted: string;
  readonly line: string;
  /** One for each curve. */
  readonly colors: readonly string[];
}

/** Curves over epochs, or bars over dimensions. */
export interface Plan {
  readonly title: string;
  readonly x: { readonly label: string; readonly name: (x: number) => string };
  readonly curves: readonly { readonly label: string; readonly ownScale?: boolean }[];
  readonly bars?: boolean;
}

const HEIGHT = 190;
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
const FONT = "12px system-ui, sans-serif";

/** Each bar with its room, whatever a single one is widened to. */
const rangeOfBars = (places: ArrayLike<number>): uPlot.Range.MinMax => [places[0]! - 0.5, places[places.length - 1]! + 0.5];

/** A chart that is redrawn at little cost; under it the values at the pointer, without one the newest or the highest. */
export class Chart {
  private readonly place = element("div", {});
  readonly root = element("figure", { class: "chart" });
  private plot: uPlot | null = null;
  private look: Look | null = null;
  private data: uPlot.AlignedData | null = null;
  private width = 0;

  constructor(
    private readonly plan: Plan,
    signal: AbortSignal,
  ) {
    this.root.append(element("figcaption", {}, plan.title), this.place);
    const sizes = new ResizeObserver(([entry]) => this.setWidth(Math.floor(entry!.contentRect.width)));
    sizes.observe(this.root);
    signal.addEventListener("abort", () => {
      sizes.disconnect();
      this.plot?.destroy();
    });
  }

  show(x: readonly number[], ...curves: readonly (readonly (number | null)[])[]): void {
    this.data = [[...x], ...curves.map((curve) => [...curve])];
    if (!this.plot) this.build();
    else {
      this.plot.setData(this.data);
      this.sayWhatCounts();
    }
  }

  setLook(look: Look): void {
    if (JSON.stringify(look) === JSON.stringify(this.look)) return;
    this.look = look;
    this.build();
  }

  private setWidth(width: number): void {
    if (width === this.width || width === 0) return;
    this.width = width;
    if (this.plot) this.plot.setSize({ width, height: HEIGHT });
    else this.build();
  }

  private build(): void {
    if (!this.data || !this.look || this.width === 0) return;
    this.plot?.destroy();
    this.plot = new uPlot(this.options(this.look), this.data, this.place);
    this.sayWhatCounts();
  }

  /** The newest values, or the highest bar, stand under the chart while nobody points, and for it where it can't be seen. */
  private sayWhatCounts(): void {
    const { plan, data } = this;
    if (!data || !this.plot) return;
    const first = data[1] as number[];
    const told = plan.bars ? first.indexOf(Math.max(...first)) : first.length - 1;
    this.plot.setLegend({ idx: told });
    const values = plan.curves.map(({ label }, index) => `${label} ${inWords(data[index + 1]![told] ?? null)}`);
    this.place.setAttribute("role", "img");
    this.place.setAttribute("aria-label", `${plan.title}; at ${plan.x.label} ${plan.x.name(data[0][told]!)}: ${values.join(", ")}`);
  }

  private options(look: Look): uPlot.Options {
    const { plan, width } = this;
    const axis = { font: FONT, grid: { stroke: look.line, width: 1 }, ticks: { show: false } };
    return {
      width,
      height: HEIGHT,
      padding: [8, 8, 0, 0],
      scales: {
        x: { time: false, ...(plan.bars && { range: () => rangeOfBars(this.data![0]) }) },
        y: plan.bars ? { range: (_, __, most) => [0, 1.05 * most || 1] } : {},
      },
      axes: [
        { ...axis, size: 30, stroke: look.muted, incrs: WHOLE, grid: { show: false }, values: (_, splits) => splits.map(plan.x.name) },
        ...plan.curves
          .map((curve, index) => ({ curve, index }))
          .filter(({ curve, index }) => index === 0 || curve.ownScale)
          .map(({ curve, index }) => ({
            ...axis,
            size: 56,
            values: (_: uPlot, splits: number[]) => splits.map((split) => signed(split.toLocaleString("en"))),
            // A scale of one curve alone wears its colour.
            stroke: plan.curves.some(({ ownScale }) => ownScale) ? look.colors[index]! : look.muted,
            ...(curve.ownScale && { scale: "own", side: 1 as const, grid: { show: false } }),
          })),
      ],
      series: [
        { label: plan.x.label, value: (_, x) => (x === null ? "–" : plan.x.name(x)) },
        ...plan.curves.map((curve, index) => ({
          label: curve.label,
          scale: curve.ownScale ? "own" : "y",
          stroke: look.colors[index]!,
          width: 2,
          value: (_: uPlot, value: number | null) => inWords(value),
          ...(plan.bars && { paths: uPlot.paths.bars!({ size: [0.7, 48] }), fill: look.colors[index]!, points: { show: false } }),
        })),
      ],
      legend: { markers: { width: 0, fill: (_, series) => look.colors[series - 1] ?? "transparent" } },
      cursor: { y: false, drag: { x: false, y: false } },
      hooks: { setCursor: [(plot) => plot.cursor.idx === null && this.sayWhatCounts()] },
    };
  }
}

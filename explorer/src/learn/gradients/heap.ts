import { svg } from "../../page/dom";
import type { Hue } from "../hues";
import { type Curve, type Extent, Plot } from "../plot";
import { spreadOf } from "./estimators";

const HEIGHT = 116;
/** A heap is told apart into columns of this share of its standard deviation, as far as the screen has room for them. */
const COLUMN = 0.3;
const COLUMNS = { least: 24, most: 200 };

/** How many values are in each of so many columns of an extent; those beyond its ends are in none. */
export function counted(values: Float64Array, { least, most }: Extent, columns: number): Float64Array {
  const counts = new Float64Array(columns);
  for (const value of values) {
    const column = Math.floor(((value - least) / (most - least)) * columns);
    if (column >= 0 && column < columns) counts[column]!++;
  }
  return counts;
}

/** An extent round 0 that holds a value, with round ends: it stays as it is while the value changes a little. */
export function roundExtent(far: number): Extent {
  const power = 10 ** Math.floor(Math.log10(far));
  const most = power * [1.5, 2, 3, 4, 5, 7, 10].find((factor) => factor * power >= far)!;
  return { least: -most, most };
}

/** Many estimates of one gradient as a heap, and a line where the exact gradient is. */
export class Heap {
  readonly plot: Plot;
  private readonly curve: Curve;
  private readonly exact = svg("line", { class: "level" });
  private readonly words = svg("text", {});

  constructor(
    private readonly name: string,
    color: Hue,
    repaint: () => void,
    signal: AbortSignal,
  ) {
    const options = {
      label: `Estimates of the gradient: ${name}`,
      x: { least: -1, most: 1, label: "" },
      y: { least: 0, most: 1, label: "", bare: true },
      height: HEIGHT,
      marks: { y: [] },
    };
    this.plot = new Plot(options, repaint, signal);
    this.curve = this.plot.curve({ hue: color, filled: true });
    this.plot.inside.append(this.exact);
    this.plot.above.append(this.words);
  }

  show(estimates: Float64Array, extent: Extent, exact: number): void {
    const { plot } = this;
    if (!plot.ready) return;
    plot.setExtent("x", extent);
    const deviation = Math.sqrt(spreadOf(estimates).variance);
    const span = extent.most - extent.least;
    const columns = Math.min(COLUMNS.most, Math.max(COLUMNS.least, Math.ceil(span / (COLUMN * deviation))));
    const counts = counted(estimates, extent, columns);
    const edges = Array.from({ length: 2 * columns }, (_, index) => extent.least + (span * ((index + 1) >> 1)) / columns);
    plot.setExtent("y", { least: 0, most: 1.35 * Math.max(...counts) });
    this.curve.show(edges, edges.map((_, index) => counts[index >> 1]!));
    const at = plot.across(exact).toFixed(1);
    for (const [name, value] of Object.entries({ x1: at, x2: at, y1: plot.top, y2: plot.bottom })) this.exact.setAttribute(name, String(value));
    this.words.setAttribute("x", String(plot.left + 4));
    this.words.setAttribute("y", String(plot.top + 10));
    const words = `${this.name}, spread ${deviation.toPrecision(3)}`;
    if (this.words.textContent !== words) this.words.textContent = words;
  }
}

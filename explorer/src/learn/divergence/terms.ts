import { svg } from "../../page/dom";
import { type Hue, hue } from "../hues";
import { inWords, Plot } from "../plot";
import type { Terms } from "./gaussian";

const ROW = 30;
const BAR = 20;
const MARGINS = 46;
/** Pixels that a letter beside a bar takes, about. */
const LETTER = 7;

interface Bar {
  readonly rect: SVGRectElement;
  readonly text: SVGTextElement;
}

const NAMES: readonly (readonly [Hue, string])[] = [
  ["likelihood", "tr Σ"],
  ["posterior", "μᵀμ"],
  ["prior", "−d"],
  ["model", "−log det Σ"],
  ["gap", "the sum, 2 KL"],
];
/** Nats that the bars have room for at least, and the steps in which they get more: the axis is not to move with each of the hand's moves. */
const ROOM = 4;

/** The terms of twice the divergence as bars, each from where the one above it ends, and their sum. */
export class TermBars {
  readonly plot: Plot;
  private readonly zero = svg("line", { class: "level" });
  private readonly bars: readonly Bar[];

  constructor(repaint: () => void, signal: AbortSignal) {
    const options = {
      label: "The terms of 2 KL in nats, each bar beginning where the one above it ends",
      x: { least: -4, most: 8, label: "nats" },
      y: { least: 0, most: NAMES.length, label: "", bare: true },
      height: NAMES.length * ROW + MARGINS,
      marks: { y: [] },
    };
    this.plot = new Plot(options, repaint, signal);
    this.bars = NAMES.map(([color]) => {
      const bar = { rect: svg("rect", { class: "share", height: BAR, rx: 3 }), text: svg("text", { class: "share-words" }) };
      bar.rect.style.setProperty("--hue", hue(color));
      this.plot.inside.append(bar.rect);
      this.plot.above.append(bar.text);
      return bar;
    });
    this.plot.inside.append(this.zero);
  }

  show({ trace, meanSquare, dimensions, negativeLogDet, divergence }: Terms): void {
    const { plot } = this;
    if (!plot.ready) return;
    let end = 0;
    const ends = [trace, meanSquare, dimensions, negativeLogDet].map((term) => (end += term));
    const least = Math.floor(Math.min(0, ...ends) / ROOM) * ROOM;
    const most = Math.ceil((Math.max(...ends) + 1) / ROOM) * ROOM;
    plot.setExtent("x", { least: Math.min(least, -ROOM), most: Math.max(most, 2 * ROOM) });
    const spans = [...ends.map((end, index) => [ends[index - 1] ?? 0, end] as const), [0, 2 * divergence] as const];
    spans.forEach(([from, to], row) => this.place(row, from, to));
    const at = plot.across(0);
    for (const [name, value] of Object.entries({ x1: at, x2: at, y1: plot.top, y2: plot.bottom })) this.zero.setAttribute(name, value.toFixed(1));
  }

  /** A bar with its words beyond its right end, or before its left one where there is no room. */
  private place(row: number, from: number, to: number): void {
    const { plot } = this;
    const { rect, text } = this.bars[row]!;
    const [left, right] = [plot.across(Math.min(from, to)), plot.across(Math.max(from, to))];
    const top = plot.top + row * ROW + (ROW - BAR) / 2;
    for (const [name, value] of Object.entries({ x: left, y: top, width: Math.max(1, right - left) })) rect.setAttribute(name, value.toFixed(1));
    const words = `${NAMES[row]![1]} = ${inWords(to - from, 3)}`;
    const before = right + LETTER * words.length > plot.right;
    text.setAttribute("x", (before ? left - 6 : right + 6).toFixed(1));
    text.setAttribute("y", (top + BAR / 2 + 4).toFixed(1));
    text.setAttribute("text-anchor", before ? "end" : "start");
    if (text.textContent !== words) text.textContent = words;
  }
}

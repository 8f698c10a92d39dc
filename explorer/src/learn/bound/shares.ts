import { svg } from "../../page/dom";
import { type Hue, hue } from "../hues";
import { inWords, Plot } from "../plot";
import type { Parts } from "./models";

const HEIGHT = 172;
const BAR = 26;
/** Nats that are seen below log p(x). */
const BELOW = 8;
const ABOVE = 0.4;
/** Pixels that a letter of a bar's words takes, about, and between a bar's end and its words. */
const LETTER = 7;
const GAP = 6;

interface Bar {
  readonly rect: SVGRectElement;
  readonly text: SVGTextElement;
}

/** log p(x) as a line, and how the terms of the bound add up to it, one bar below the other. */
export class Shares {
  readonly plot: Plot;
  private readonly line = svg("line", { class: "level" });
  private readonly reconstruction: Bar;
  private readonly fromPrior: Bar;
  private readonly elbo: Bar;
  private readonly gap: Bar;

  constructor(repaint: () => void, signal: AbortSignal) {
    const options = {
      label: "The terms of the bound in nats, and log p(x)",
      x: { least: -10, most: 0, label: "nats; the line is log p(x)" },
      y: { least: 0, most: 3, label: "", bare: true },
      height: HEIGHT,
    };
    this.plot = new Plot(options, repaint, signal);
    this.reconstruction = this.bar("likelihood");
    this.fromPrior = this.bar("prior");
    this.elbo = this.bar("q");
    this.gap = this.bar("gap");
    this.plot.inside.append(this.line);
  }

  show(parts: Parts, logEvidence: number): void {
    const { plot } = this;
    if (!plot.ready) return;
    const least = Math.floor(logEvidence - BELOW);
    plot.setExtent("x", { least, most: Math.max(Math.ceil(logEvidence + ABOVE), Math.min(Math.ceil(parts.reconstruction + ABOVE), least + 2 * BELOW)) });
    place(plot, this.reconstruction, 0, least, parts.reconstruction, `reconstruction ${inWords(parts.reconstruction, 3)}`);
    place(plot, this.fromPrior, 1, parts.elbo, parts.reconstruction, `− KL(q‖prior) ${inWords(parts.fromPrior, 3)}`);
    place(plot, this.elbo, 2, least, parts.elbo, `ELBO ${inWords(parts.elbo, 3)}`);
    place(plot, this.gap, 2, parts.elbo, logEvidence, `gap ${inWords(parts.gap, 3)}`, true);
    const at = plot.across(logEvidence);
    for (const [name, value] of Object.entries({ x1: at, x2: at, y1: plot.top, y2: plot.bottom })) this.line.setAttribute(name, value.toFixed(1));
  }

  private bar(name: Hue): Bar {
    const made = { rect: svg("rect", { class: "share", height: BAR, rx: 3 }), text: svg("text", { class: "share-words" }) };
    made.rect.style.setProperty("--hue", hue(name));
    this.plot.inside.append(made.rect);
    this.plot.above.append(made.text);
    return made;
  }
}

/**
 * A bar from one number of nats to another; what is beyond the edges is cut off. Its words are in it, at its left end or
 * at its `right` one; where they have no room behind it, else before it.
 */
function place(plot: Plot, { rect, text }: Bar, row: number, from: number, to: number, words: string, right = false): void {
  const at = (value: number): number => Math.min(plot.right, Math.max(plot.left, plot.across(value)));
  const [left, end] = [at(from), at(to)];
  const top = plot.top + 4 + row * ((plot.bottom - plot.top) / 3);
  for (const [name, value] of Object.entries({ x: left, y: top, width: Math.max(0, end - left) })) rect.setAttribute(name, value.toFixed(1));
  const room = LETTER * words.length + GAP;
  const within: readonly [number, string] = right ? [end - GAP, "end"] : [left + GAP, "start"];
  const beside: readonly [number, string] = plot.right - end < room ? [left - GAP, "end"] : [end + GAP, "start"];
  const [x, anchor] = end - left < room ? beside : within;
  text.setAttribute("x", x.toFixed(1));
  text.setAttribute("y", (top + BAR / 2 + 4).toFixed(1));
  text.setAttribute("text-anchor", anchor);
  if (text.textContent !== words) text.textContent = words;
}

import { type Range, Segments, textButton, Toggle } from "../../page/controls";
import { element, svg } from "../../page/dom";
import { allow } from "../../page/focus";
import { FrameLoop } from "../../page/frameLoop";
import { whole, within } from "../../state/codec";
import { History } from "../../state/history";
import { hue } from "../hues";
import type { Play, PlayContext } from "../lesson";
import { type Curve, Figures, inWords, legend, Plot } from "../plot";
import { Fit } from "./fit";
import { affinity, densityOf, type Mixture, mixtureDensity, mixtureOnPlaces, PLACES, STEP, totalVariation, totalVariationByDraws, WIDTHS } from "./mixture";
import { range } from "../range";
import { Pen } from "./pen";
import { NUMBERS, Refinement } from "./refinement";
import { asLetters, fromLetters, type Heights, HIGHEST, massOf, PRESETS, type Preset, preset } from "./target";

const MOST = NUMBERS.at(-1)!;
/** Pixels of an image of handwritten digits: as many numbers as such a density would have to be of. */
const PIXELS = 784;
/** Milliseconds of a frame for each thing that may take a few of them. */
const SHARE = 3;
const LEAST_MASS = 0.02;
const SIDE = 3.6;
/** The places that are seen, and how many are to their left. */
const SEEN = PLACES.filter((place) => Math.abs(place) < SIDE);
const LEFT = PLACES.findIndex((place) => Math.abs(place) < SIDE);
const NAMES: Readonly<Record<Preset, string>> = { humps: "Two humps", box: "A box", ramps: "Ramps" };

/** What can be taken back: the density that is drawn, and the preset that it is, if it is one. */
interface Drawn {
  readonly heights: Heights;
  readonly name: Preset | null;
}

/** A density that is drawn by hand, and the mixture of Gaussians that comes nearest to it. */
export class MixturesPlay implements Play {
  readonly root: HTMLElement;
  private readonly history = new History<Drawn>({ heights: preset("humps"), name: "humps" });
  private count = 2;
  /** Null for the width that is best. */
  private width: number | null = null;
  private density = densityOf(this.history.state.heights);
  private fit = new Fit(this.density, this.count);
  private readonly refinement = new Refinement();
  private readonly loop: FrameLoop;
  private readonly plot: Plot;
  private readonly distances: Plot;
  private readonly curves: Readonly<Record<"target" | "parts" | "mixture" | "distance", Curve>>;
  private readonly dot = svg("circle", { class: "dot", r: 6 });
  private readonly pen: Pen;
  private readonly presets: Segments;
  private readonly number: Range;
  private readonly best: Toggle;
  private readonly widths: Range;
  private readonly undo = textButton("Undo", "Take the last stroke back (Ctrl+Z)", () => this.history.undo());
  private readonly figures = new Figures("The numbers, and the same by another way", ["number", "ours", "by 20,000 draws"], ["total variation", "area under the mixture", `with ${PIXELS} such pixels, at least`]);

  constructor(private readonly context: PlayContext) {
    const { signal } = context;
    this.loop = new FrameLoop(() => this.paint(), signal);
    const repaint = (): void => this.loop.request();
    this.plot = new Plot({ label: "The density that you draw, and the mixture", x: { least: -SIDE, most: SIDE, label: "x: draw here" }, y: { least: 0, most: 1.15 * HIGHEST, label: "", bare: true }, height: 270 }, repaint, signal);
    this.distances = new Plot(distanceOptions, repaint, signal);
    this.curves = {
      target: this.plot.curve({ hue: "target", filled: true }),
      parts: this.plot.curve({ hue: "q", thin: true }),
      mixture: this.plot.curve({ hue: "model" }),
      distance: this.distances.curve({ hue: "model" }),
    };
    this.dot.style.setProperty("--hue", hue("model"));
    this.distances.above.append(this.dot);
    this.pen = new Pen(this.plot, {
      heights: () => this.history.state.heights,
      drawing: (heights) => massOf(heights) >= LEAST_MASS && this.history.preview({ heights, name: null }),
      drawn: () => this.history.keep(),
      withdrawn: () => this.history.revert(),
      repaint,
    });
    const choices = PRESETS.map((value) => ({ value, label: NAMES[value], title: `Begin with ${NAMES[value].toLowerCase()}` }));
    this.presets = new Segments("The density to be made", choices, (name) => this.history.commit({ heights: preset(name as Preset), name: name as Preset }));
    this.number = range({ label: "Gaussians", title: "How many Gaussians the mixture has", least: 1, most: MOST, step: 1, written: String }, () => this.count, (count) => this.set(count, this.width));
    this.best = new Toggle("Best width", "Each number of Gaussians gets the width that brings it nearest", (on) => this.set(this.count, on ? null : this.fit.mixture.width));
    this.widths = range({ label: "Width σ", title: "The standard deviation of every Gaussian: the decoder’s noise", least: WIDTHS.least, most: 2, step: 0.01, written: (width) => width.toFixed(2) }, () => this.width ?? this.fit.mixture.width, (width) => this.set(this.count, width));
    this.root = this.laidOut();
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.history.listen(() => {
      this.showTarget();
      context.changed();
    });
    this.showTarget();
    this.showSettings();
  }

  setTheme(): void {
    this.loop.request();
  }

  state(): Readonly<Record<string, unknown>> {
    const { heights, name } = this.history.state;
    return { drawn: name ?? asLetters(heights), count: this.count, width: this.width && Number(this.width.toFixed(3)) };
  }

  restore(state: unknown): void {
    const { drawn, count, width } = (typeof state === "object" && state !== null ? state : {}) as Record<string, unknown>;
    const name = PRESETS.find((known) => known === drawn) ?? null;
    const heights = name ? preset(name) : fromLetters(drawn);
    if (heights && massOf(heights) >= LEAST_MASS) this.history.amend({ heights, name });
    this.count = whole(count, 1, MOST) ? count : this.count;
    this.width = within(width, WIDTHS.least, WIDTHS.most) ? width : null;
    this.showSettings();
  }

  pictures(): readonly SVGSVGElement[] {
    return [this.plot.svg, this.distances.svg];
  }

  close(): void {
    this.root.remove();
  }

  private set(count: number, width: number | null): void {
    this.count = count;
    this.width = width;
    this.showSettings();
    this.context.changed();
  }

  private showSettings(): void {
    this.number.value = this.count;
    this.best.on = this.width === null;
    this.fitAnew();
  }

  private showTarget(): void {
    const { heights, name } = this.history.state;
    this.density = densityOf(heights);
    this.refinement.begin(this.density);
    this.presets.value = name ?? "";
    allow(this.undo, this.history.canUndo);
    this.fitAnew();
  }

  private fitAnew(): void {
    this.fit = new Fit(this.density, this.count, this.width);
    this.loop.request();
  }

  private key(event: KeyboardEvent): void {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    if (event.shiftKey) this.history.redo();
    else this.history.undo();
  }

  private laidOut(): HTMLElement {
    const names = legend([
      ["target", "what you draw"],
      ["q", "the Gaussians"],
      ["model", "their sum"],
    ]);
    return element(
      "div",
      { class: "part" },
      element("div", { class: "controls" }, this.presets.root, this.undo),
      this.plot.root,
      names,
      element("div", { class: "controls" }, this.number.root, this.best.root, this.widths.root),
      element("div", { class: "beside" }, this.distances.root, this.figures.root),
    );
  }

  private paint(): void {
    if (!this.plot.ready || !this.distances.ready) return;
    const { fit, density, plot } = this;
    fit.goOn(SHARE);
    const { mixture } = fit;
    const mass = massOf(this.history.state.heights);
    const sum = mixtureOnPlaces(mixture);
    this.curves.target.show(SEEN, SEEN.map((_, index) => density[index + LEFT]! * mass));
    this.curves.mixture.show(SEEN, SEEN.map((_, index) => sum[index + LEFT]! * mass));
    this.curves.parts.root.setAttribute("d", bells(plot, mixture, mass));
    this.pen.handle.paint();
    this.widths.value = mixture.width;
    this.paintDistances(totalVariation(density, sum));
    this.compare(fit, sum);
    if (!fit.done || this.refinement.goOn(SHARE)) this.loop.request();
  }

  private paintDistances(distance: number): void {
    const { distances } = this;
    this.curves.distance.show(NUMBERS.map(Math.log10), this.refinement.distances.map(Math.log10));
    this.dot.setAttribute("cx", distances.across(Math.log10(this.count)).toFixed(1));
    this.dot.setAttribute("cy", Math.min(distances.bottom, Math.max(distances.top, distances.down(Math.log10(distance)))).toFixed(1));
  }

  /** The oracle answers once the mixture has come to rest: draws take longer than a frame should. */
  private compare({ mixture, done }: Fit, sum: Float64Array): void {
    const { density } = this;
    const distance = totalVariation(density, sum);
    const drawn = done ? totalVariationByDraws(density, sum) : null;
    const overlap = affinity(density, sum);
    const area = sum.reduce((total, value) => total + value, 0) * STEP;
    this.figures.show(0, inWords(distance), drawn ? `${inWords(drawn.value)} ± ${drawn.error.toFixed(4)}` : "…");
    this.figures.show(1, inWords(area), "1 by its formula");
    this.figures.show(2, inWords(1 - overlap ** PIXELS), "");
    this.context.say(this.sentence(distance, overlap ** PIXELS, mixture.width));
  }

  private sentence(distance: number, overlap: number, width: number): string {
    const share = `${(100 * distance).toFixed(distance < 0.1 ? 1 : 0)} %`;
    const many = this.count === 1 ? "One Gaussian puts" : `${this.count} Gaussians put`;
    const wide = this.width === null ? "" : ` of width ${width.toFixed(2)}`;
    const high = overlap < 0.01 ? "nothing is right any more" : `the mistake is at least ${(100 * (1 - overlap)).toFixed(0)} %`;
    return `${many.replace(" put", `${wide} put`)} ${share} of the probability in the wrong place. With ${PIXELS} pixels that are each so near, ${high}.`;
  }
}

const distanceOptions = {
  label: "The distance to what you draw against the number of Gaussians",
  x: { least: 0, most: 2, label: "Gaussians", written: (log: number) => String(Math.round(10 ** log)) },
  y: { least: -2.7, most: 0, label: "total variation", written: (log: number) => String(Number((10 ** log).toPrecision(1))) },
  height: 190,
  marks: { x: [0, Math.log10(3), 1, Math.log10(30), 2], y: [-2.301, -2, -1.301, -1, -0.301, 0] },
};

const SAMPLES = 24;
const REACH = 3.2;

/** Every Gaussian of a mixture, drawn `scale` times as high as it is. */
function bells(plot: Plot, { means, weights, width }: Mixture, scale: number): string {
  let path = "";
  means.forEach((mean, part) => {
    const alone = { means: [mean], weights: [scale * weights[part]!], width };
    for (let index = 0; index <= SAMPLES; index++) {
      const x = mean + width * REACH * ((2 * index) / SAMPLES - 1);
      path += `${index === 0 ? "M" : "L"}${plot.across(x).toFixed(1)} ${plot.down(mixtureDensity(alone, x)).toFixed(1)}`;
    }
  });
  return path;
}

import { clamp } from "../../base/geometry";
import { type Range, Segments, Toggle, textButton } from "../../page/controls";
import { element } from "../../page/dom";
import { FrameLoop } from "../../page/frameLoop";
import { within } from "../../state/codec";
import { Handle } from "../handle";
import type { Play, PlayContext } from "../lesson";
import { normalDraws } from "../normalDraws";
import { type Curve, Figures, inWords, legend, Plot } from "../plot";
import { range } from "../range";
import { estimates, exactGradient, exactVariances, type Parameter, type Ratio, type Setting, type Spread, spreadOf, varianceRatio } from "./estimators";
import { FUNCTION_NAMES, type FunctionName, heightOf } from "./functions";
import { Heap, roundExtent } from "./heap";
import { sentence } from "./sentence";

const LIMITS = { mean: 3.5, narrow: 0.2, wide: 2, centre: 3, low: -1.5, high: 3 };
const FREQUENCY = { least: 0.5, most: 8, step: 0.1 };
/** B as a power of 2. */
const POWER = { least: 0, most: 5, step: 1 };
const X = { least: -4, most: 4 };
const Y = { least: -2.6, most: 4.2 };
const POINTS = 321;
/** So many estimates are made, or as many as there are draws for. */
const COUNT = 4000;
const DRAWS = 1 << 16;
/** The heaps show this many standard deviations to either side. */
const REACH = 3.5;
const SHOULDER = Math.exp(-0.5);
/** How far above its centre the handle of h is. */
const ANCHOR: Readonly<Record<FunctionName, number>> = { quadratic: 0, bump: 1, sine: 0, step: 0.5 };

interface State extends Setting {
  /** log₂ of the number of draws for each estimate. */
  readonly power: number;
}

const BEGIN: State = {
  placed: { name: "quadratic", centre: 0, height: 0, frequency: 2 },
  mean: 1,
  sigma: 0.7,
  parameter: "mean",
  baseline: false,
  power: 2,
};

const PLACES = Float64Array.from({ length: POINTS }, (_, index) => X.least + ((X.most - X.least) * index) / (POINTS - 1));

/** A bell dragged over a function, and the gradient of the function's mean under it, estimated in two ways. */
export class GradientsPlay implements Play {
  readonly root: HTMLElement;
  private now = BEGIN;
  private seed = 1;
  private draws = normalDraws(DRAWS, this.seed);
  private readonly loop: FrameLoop;
  private readonly top: Plot;
  private readonly bell: Curve;
  private readonly function: Curve;
  private readonly pathwise: Heap;
  private readonly score: Heap;
  private readonly handles: readonly Handle[];
  private readonly names: Segments;
  private readonly parameters: Segments;
  private readonly baseline: Toggle;
  private readonly power: Range;
  private readonly frequency: Range;
  private readonly figures = new Figures(
    "The estimates, and what is exact",
    ["the gradient", "of these estimates", "exact"],
    ["pathwise: mean", "score function: mean", "pathwise: variance", "score function: variance", "ratio of the variances"],
  );

  constructor(private readonly context: PlayContext) {
    const { signal } = context;
    this.loop = new FrameLoop(() => this.paint(), signal);
    const repaint = (): void => this.loop.request();
    const label = "The function h and the bell that z is drawn from";
    this.top = new Plot({ label, x: { ...X, label: "z" }, y: { ...Y, label: "h, density" }, height: 240 }, repaint, signal);
    this.bell = this.top.curve({ hue: "q", filled: true });
    this.function = this.top.curve({ hue: "target" });
    this.pathwise = new Heap("pathwise", "posterior", repaint, signal);
    this.score = new Heap("score function", "likelihood", repaint, signal);
    this.handles = [this.meanHandle(), this.widthHandle(), this.functionHandle()];
    this.handles[0]!.heldBy(this.bell.root);
    this.names = new Segments("Which function", FUNCTION_NAMES.map((name) => ({ value: name, label: LABELS[name], title: TITLES[name] })), (name) =>
      this.change({ placed: { ...this.now.placed, name: name as FunctionName } }),
    );
    this.parameters = new Segments(
      "The gradient by",
      [
        { value: "mean", label: "by μ", title: "How the mean of h changes as the bell moves" },
        { value: "logSigma", label: "by log σ", title: "How the mean of h changes as the bell widens" },
      ],
      (parameter) => this.change({ parameter: parameter as Parameter }),
    );
    this.baseline = new Toggle("Baseline", "Takes the mean of h off h before the score function’s estimate", (baseline) => this.change({ baseline }));
    const power = { ...POWER, label: "Draws for each", title: "B, the number of draws that one estimate is the mean of", written: (value: number) => String(2 ** value) };
    this.power = range(power, () => this.now.power, (value) => this.change({ power: value }));
    const frequency = { ...FREQUENCY, label: "Frequency", title: "Radians for each unit of z", written: (value: number) => value.toFixed(1) };
    this.frequency = range(frequency, () => this.now.placed.frequency, (value) => this.change({ placed: { ...this.now.placed, frequency: value } }));
    this.root = this.laidOut();
    this.set({});
  }

  setTheme(): void {
    this.loop.request();
  }

  state(): Readonly<Record<string, unknown>> {
    const { placed, ...rest } = this.now;
    return { ...placed, ...rest };
  }

  restore(state: unknown): void {
    const { name, centre, height, frequency, mean, sigma, parameter, baseline, power } = (typeof state === "object" && state !== null ? state : {}) as Record<string, unknown>;
    const { placed } = BEGIN;
    this.set({
      placed: {
        name: FUNCTION_NAMES.find((known) => known === name) ?? placed.name,
        centre: within(centre, -LIMITS.centre, LIMITS.centre) ? centre : placed.centre,
        height: within(height, LIMITS.low, LIMITS.high) ? height : placed.height,
        frequency: within(frequency, FREQUENCY.least, FREQUENCY.most) ? frequency : placed.frequency,
      },
      mean: within(mean, -LIMITS.mean, LIMITS.mean) ? mean : BEGIN.mean,
      sigma: within(sigma, LIMITS.narrow, LIMITS.wide) ? sigma : BEGIN.sigma,
      parameter: parameter === "logSigma" ? "logSigma" : "mean",
      baseline: baseline === true,
      power: within(power, POWER.least, POWER.most) ? Math.round(power) : BEGIN.power,
    });
  }

  pictures(): readonly SVGSVGElement[] {
    return [this.top.svg, this.pathwise.plot.svg, this.score.plot.svg];
  }

  close(): void {
    this.root.remove();
  }

  private set(change: Partial<State>): void {
    this.now = { ...this.now, ...change };
    const { placed, parameter, baseline, power } = this.now;
    this.names.value = placed.name;
    this.parameters.value = parameter;
    this.baseline.on = baseline;
    this.power.value = power;
    this.frequency.value = placed.frequency;
    this.frequency.root.hidden = placed.name !== "sine";
    this.loop.request();
  }

  private change(change: Partial<State>): void {
    this.set(change);
    this.context.changed();
  }

  private meanHandle(): Handle {
    return new Handle(this.top, {
      label: "Mean μ",
      letter: "μ",
      axis: "x",
      hue: "q",
      place: () => ({ x: this.now.mean, y: this.density(0) }),
      step: 0.02,
      least: -LIMITS.mean,
      most: LIMITS.mean,
      words: () => inWords(this.now.mean, 2),
      move: ({ x }) => this.change({ mean: clamp(x, -LIMITS.mean, LIMITS.mean) }),
    });
  }

  private widthHandle(): Handle {
    return new Handle(this.top, {
      label: "Width σ",
      letter: "σ",
      axis: "x",
      hue: "q",
      place: () => ({ x: this.now.mean + this.now.sigma, y: SHOULDER * this.density(0) }),
      step: 0.02,
      least: LIMITS.narrow,
      most: LIMITS.wide,
      value: () => this.now.sigma,
      words: () => inWords(this.now.sigma, 2),
      move: ({ x }) => this.change({ sigma: clamp(x - this.now.mean, LIMITS.narrow, LIMITS.wide) }),
    });
  }

  private functionHandle(): Handle {
    const anchor = (): number => ANCHOR[this.now.placed.name];
    return new Handle(this.top, {
      label: "The function h",
      letter: "h",
      axis: "both",
      hue: "target",
      place: () => ({ x: this.now.placed.centre, y: this.now.placed.height + anchor() }),
      step: 0.05,
      least: LIMITS.low,
      most: LIMITS.high,
      words: () => `moved right by ${inWords(this.now.placed.centre, 2)} and up by ${inWords(this.now.placed.height, 2)}`,
      move: ({ x, y }) =>
        this.change({
          placed: { ...this.now.placed, centre: clamp(x, -LIMITS.centre, LIMITS.centre), height: clamp(y - anchor(), LIMITS.low, LIMITS.high) },
        }),
    });
  }

  private laidOut(): HTMLElement {
    const again = textButton("Draw again", "Other draws for all estimates", () => this.drawAgain());
    const anew = textButton("Start anew", "As it was when the lesson opened", () => this.change(BEGIN));
    const names = legend([
      ["q", "the bell N(μ, σ²) that z is drawn from"],
      ["target", "h(z)"],
    ]);
    return element(
      "div",
      { class: "part" },
      element("div", { class: "controls" }, this.names.root, this.frequency.root),
      this.top.root,
      names,
      element("div", { class: "controls" }, this.parameters.root, this.baseline.root, this.power.root, element("span", { class: "actions" }, again, anew)),
      this.pathwise.plot.root,
      this.score.plot.root,
      this.figures.root,
    );
  }

  private drawAgain(): void {
    this.draws = normalDraws(DRAWS, ++this.seed);
    this.loop.request();
  }

  private density(draw: number): number {
    return Math.exp(-(draw * draw) / 2) / (this.now.sigma * Math.sqrt(2 * Math.PI));
  }

  private paint(): void {
    const { now, top } = this;
    if (!top.ready) return;
    this.bell.show(PLACES, PLACES.map((z) => this.density((z - now.mean) / now.sigma)));
    this.function.show(PLACES, PLACES.map((z) => heightOf(now.placed, z)));
    for (const handle of this.handles) handle.paint();
    const samples = 2 ** now.power;
    const made = estimates(now, this.draws, Math.min(COUNT, DRAWS / samples), samples);
    const exact = exactGradient(now);
    const single = exactVariances(now);
    const far = Math.abs(exact) + REACH * Math.sqrt(Math.max(single.pathwise, single.score) / samples);
    const extent = roundExtent(Math.max(far, 0.1));
    this.pathwise.show(made.pathwise, extent, exact);
    this.score.show(made.score, extent, exact);
    const ratio = varianceRatio(made);
    this.compare([spreadOf(made.pathwise), spreadOf(made.score)], ratio, exact, [single.pathwise / samples, single.score / samples]);
    this.context.say(sentence(now, exact, ratio === null ? null : single.score / single.pathwise));
  }

  private compare(spreads: readonly [Spread, Spread], ratio: Ratio | null, exact: number, variances: readonly [number, number]): void {
    spreads.forEach(({ mean, variance, standardError }, index) => {
      this.figures.show(index, `${inWords(mean)} ± ${standardError.toFixed(4)}`, inWords(exact));
      this.figures.show(2 + index, variance.toPrecision(4), variances[index]!.toPrecision(4));
    });
    if (ratio) this.figures.show(4, `${ratio.value.toPrecision(3)} ± ${ratio.standardError.toPrecision(2)}`, (variances[1] / variances[0]).toPrecision(4));
    else this.figures.show(4, "–", "–");
  }
}

const LABELS: Readonly<Record<FunctionName, string>> = { quadratic: "Quadratic", bump: "Bump", sine: "Sine", step: "Step" };
const TITLES: Readonly<Record<FunctionName, string>> = {
  quadratic: "A square, as the log density of a Gaussian is one",
  bump: "Rises in one place alone",
  sine: "As fast as its frequency says",
  step: "0 on the left, 1 on the right",
};

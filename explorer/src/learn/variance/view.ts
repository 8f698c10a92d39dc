import { clamp } from "../../base/geometry";
import { textButton } from "../../page/controls";
import { element } from "../../page/dom";
import { FrameLoop } from "../../page/frameLoop";
import { within } from "../../state/codec";
import { Handle } from "../handle";
import type { Play, PlayContext } from "../lesson";
import { type Curve, Figures, inWords, legend, Plot } from "../plot";
import { bell, beta, cheapest, nats, weight } from "./cost";

/** Powers of ten that σ and the mean square error may be. */
const POWERS = { least: -4, most: 1 };
const ERROR = { least: -3.5, most: -0.5 };
const COST = { least: -4, most: 4 };
const OFFSETS = { least: -1, most: 1 };
const POINTS = 241;
const SHOULDER = Math.exp(-0.5);
/** Nats above the lower edge at which the error is taken hold of: on the curve it would lie upon σ where the two agree. */
const FOOT = 0.5;

interface State {
  /** log₁₀ σ. */
  readonly power: number;
  /** log₁₀ of the mean square error. */
  readonly error: number;
}

const BEGIN: State = { power: 0, error: -1.7 };

const along = ({ least, most }: { readonly least: number; readonly most: number }): Float64Array =>
  Float64Array.from({ length: POINTS }, (_, index) => least + ((most - least) * index) / (POINTS - 1));

const PLACES = { offsets: along(OFFSETS), powers: along(POWERS) };

const written = (power: number): string => String(Number((10 ** power).toPrecision(1)));
const short = (value: number): string => String(Number(value.toPrecision(3)));

/** The decoder's bell over a pixel's error, its width at the hand, and what that makes of the loss. */
export class VariancePlay implements Play {
  readonly root: HTMLElement;
  private now = BEGIN;
  private readonly loop: FrameLoop;
  private readonly pixel: Plot;
  private readonly costs: Plot;
  private readonly curves: Readonly<Record<"bell" | "fitting" | "cost" | "error", Curve>>;
  private readonly handles: readonly Handle[];
  private readonly figures = new Figures("What the variance means", ["figure", "by formula", "by search"], ["weight of the squared error, 1/(2σ)", "the same by β = 2σ", "nats a pixel at this σ", "σ that costs least"]);

  constructor(private readonly context: PlayContext) {
    const { signal } = context;
    this.loop = new FrameLoop(() => this.paint(), signal);
    const repaint = (): void => this.loop.request();
    this.pixel = new Plot({ label: "The density of a pixel about the decoder’s mean", x: { ...OFFSETS, label: "pixel − mean" }, y: { least: 0, most: 4, label: "density" }, height: 230 }, repaint, signal);
    this.costs = new Plot(
      {
        label: "What a pixel costs against the variance",
        x: { ...POWERS, label: "variance σ", written },
        y: { ...COST, label: "nats a pixel" },
        height: 220,
        marks: { x: [-4, -3, -2, -1, 0, 1], y: [-4, -2, 0, 2, 4] },
      },
      repaint,
      signal,
    );
    this.curves = {
      fitting: this.pixel.curve({ hue: "posterior", dashed: true }),
      bell: this.pixel.curve({ hue: "likelihood", filled: true }),
      error: this.costs.curve({ hue: "posterior", dashed: true }),
      cost: this.costs.curve({ hue: "evidence" }),
    };
    this.handles = [this.widthHandle(), this.varianceHandle(), this.errorHandle()];
    this.root = this.laidOut();
    this.loop.request();
  }

  setTheme(): void {
    this.loop.request();
  }

  state(): Readonly<Record<string, unknown>> {
    return { ...this.now };
  }

  restore(state: unknown): void {
    const { power, error } = (typeof state === "object" && state !== null ? state : {}) as Record<string, unknown>;
    this.set({ power: within(power, POWERS.least, POWERS.most) ? power : BEGIN.power, error: within(error, ERROR.least, ERROR.most) ? error : BEGIN.error });
  }

  pictures(): readonly SVGSVGElement[] {
    return [this.pixel.svg, this.costs.svg];
  }

  close(): void {
    this.root.remove();
  }

  private get variance(): number {
    return 10 ** this.now.power;
  }

  private get error(): number {
    return 10 ** this.now.error;
  }

  private set(change: Partial<State>): void {
    const { power, error } = { ...this.now, ...change };
    this.now = { power: clamp(power, POWERS.least, POWERS.most), error: clamp(error, ERROR.least, ERROR.most) };
    this.loop.request();
  }

  private change(change: Partial<State>): void {
    this.set(change);
    this.context.changed();
  }

  /** On the bell's shoulder, one standard deviation out, as far as that is in sight. */
  private widthHandle(): Handle {
    return new Handle(this.pixel, {
      label: "Width of the decoder’s bell",
      letter: "σ",
      axis: "x",
      hue: "likelihood",
      place: () => {
        const deviation = Math.min(Math.sqrt(this.variance), OFFSETS.most);
        return { x: deviation, y: bell(deviation, this.variance) };
      },
      step: 0.01,
      least: 10 ** (POWERS.least / 2),
      most: OFFSETS.most,
      value: () => Math.sqrt(this.variance),
      words: () => `standard deviation ${short(Math.sqrt(this.variance))}, variance ${short(this.variance)}`,
      move: ({ x }) => this.change({ power: 2 * Math.log10(Math.max(x, 10 ** (POWERS.least / 2))) }),
    });
  }

  private varianceHandle(): Handle {
    return new Handle(this.costs, {
      label: "Variance σ",
      letter: "σ",
      axis: "x",
      hue: "likelihood",
      place: () => ({ x: this.now.power, y: clamp(nats(this.variance, this.error), COST.least, COST.most) }),
      step: 0.05,
      least: 10 ** POWERS.least,
      most: 10 ** POWERS.most,
      value: () => this.variance,
      words: () => `variance ${short(this.variance)}`,
      move: ({ x }) => this.change({ power: x }),
    });
  }

  private errorHandle(): Handle {
    return new Handle(this.costs, {
      label: "Mean square error of the images",
      letter: "m",
      axis: "x",
      hue: "posterior",
      place: () => ({ x: this.now.error, y: COST.least + FOOT }),
      step: 0.05,
      least: 10 ** ERROR.least,
      most: 10 ** ERROR.most,
      value: () => this.error,
      words: () => `mean square error ${short(this.error)}`,
      move: ({ x }) => this.change({ error: x }),
    });
  }

  private laidOut(): HTMLElement {
    const fit = textButton("σ = the error", "The variance of greatest likelihood", () => this.change({ power: this.now.error }));
    const one = textButton("σ = 1", "The plain squared error, halved", () => this.change({ power: 0 }));
    const anew = textButton("Start anew", "As it was when the lesson opened", () => this.change(BEGIN));
    const names = legend([
      ["likelihood", "the decoder’s bell, σ at your hand"],
      ["posterior", "m, the images’ error, and the bell that fits it"],
      ["evidence", "cost of a pixel"],
    ]);
    return element("div", { class: "part" }, element("div", { class: "controls" }, element("span", { class: "actions" }, fit, one, anew)), this.pixel.root, names, this.costs.root, this.figures.root);
  }

  private paint(): void {
    const { pixel, costs, variance, error } = this;
    if (!pixel.ready || !costs.ready) return;
    const heights = (of: number): Float64Array => PLACES.offsets.map((offset) => bell(offset, of));
    pixel.setExtent("y", { least: 0, most: 1.15 * Math.max(bell(0, variance), SHOULDER * bell(0, error)) });
    this.curves.bell.show(PLACES.offsets, heights(variance));
    this.curves.fitting.show(PLACES.offsets, heights(error));
    this.curves.cost.show(PLACES.powers, PLACES.powers.map((power) => nats(10 ** power, error)));
    this.curves.error.show([this.now.error, this.now.error], [COST.least, nats(error, error)]);
    for (const handle of this.handles) handle.paint();
    const searched = cheapest(error, 10 ** POWERS.least, 10 ** POWERS.most);
    this.figures.show(0, short(weight(variance)), "");
    this.figures.show(1, short(beta(variance)), "");
    this.figures.show(2, inWords(nats(variance, error), 3), "");
    this.figures.show(3, inWords(error, 6), inWords(searched, 6));
    this.context.say(sentence(variance, error));
  }
}

export function sentence(variance: number, error: number): string {
  const said = `σ = ${short(variance)}: a squared error counts ${short(weight(variance))} times, as with β = ${short(beta(variance))} on the KL.`;
  const ratio = variance / error;
  if (ratio > 20) return `${said} Errors hardly cost anything: the KL wins, and the model may collapse.`;
  if (ratio > 1.1) return `${said} The bell is wider than the errors are.`;
  if (ratio > 0.9) return `${said} The bell fits the errors: no other σ makes them likelier.`;
  if (ratio > 0.05) return `${said} The bell is narrower than the errors are: each costs too much.`;
  return `${said} Only reconstruction counts: latents spread, and samples of N(0, I) miss them.`;
}

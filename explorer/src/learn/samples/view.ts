import { clamp } from "../../base/geometry";
import { type Range, Segments, textButton } from "../../page/controls";
import { element } from "../../page/dom";
import { FrameLoop } from "../../page/frameLoop";
import { whole, within } from "../../state/codec";
import { Handle } from "../handle";
import type { Play, PlayContext } from "../lesson";
import { type Curve, Figures, inWords, legend, Plot } from "../plot";
import { range } from "../range";
import { bestSamples, imagesAt, type Price, relativeParts, type Shares, simulated, spread } from "./spread";

const COST = 128;
/** The powers of two that K may be. */
const MOST = 5;
const REPEATS = 300;
const POINTS = 101;
const STEP = 0.01;
const SHARE = { least: 0.05, most: 0.95 };
const POWERS = Float64Array.from({ length: POINTS }, (_, index) => (MOST * index) / (POINTS - 1));

interface State {
  /** K is two to the power of it. */
  readonly power: number;
  /** The noise's share of the variance of one sample of one image. */
  readonly share: number;
  readonly price: Price;
}

const BEGIN: State = { power: 3, share: 0.5, price: "pairs" };

const samplesOf = (power: number): number => 2 ** power;

/** The variance of a gradient at one cost, divided between images and samples by a hand. */
export class SamplesPlay implements Play {
  readonly root: HTMLElement;
  private now = BEGIN;
  private readonly loop: FrameLoop;
  private readonly plot: Plot;
  private readonly noise: Curve;
  private readonly whole: Curve;
  private readonly handle: Handle;
  private readonly prices: Segments;
  private readonly share: Range;
  private readonly figures = new Figures("The variance of the gradient, by the formula and by numbers drawn at random", ["variance", "formula", `${REPEATS} batches drawn`], ["one sample each", "as you divide it"]);

  constructor(private readonly context: PlayContext) {
    const { signal } = context;
    this.loop = new FrameLoop(() => this.paint(), signal);
    const marks = Array.from({ length: MOST + 1 }, (_, power) => power);
    this.plot = new Plot(
      {
        label: "The gradient’s variance at one cost, against the samples of each image",
        x: { least: 0, most: MOST, label: "samples K of each image", written: (power) => String(samplesOf(power)) },
        y: { least: 0, most: 8, label: "variance, as a multiple of that with one sample" },
        height: 300,
        marks: { x: marks },
      },
      () => this.loop.request(),
      signal,
    );
    this.whole = this.plot.curve({ hue: "target", filled: true });
    this.noise = this.plot.curve({ hue: "q", filled: true });
    this.handle = this.samplesHandle();
    this.handle.heldBy(this.whole.root);
    this.prices = new Segments(
      "What costs",
      [
        { value: "pairs", label: "Cost K·B", title: "Each sample costs as much as an image" },
        { value: "passes", label: "Cost in passes", title: "An image costs a pass through the encoder, a sample one through the decoder" },
      ],
      (price) => this.change({ price: price as Price }),
    );
    const look = { least: SHARE.least, most: SHARE.most, step: STEP, label: "Noise’s share", title: "Of the variance of one sample of one image: what is left when the image is known", written: (value: number) => `${Math.round(100 * value)} %` };
    this.share = range(look, () => this.now.share, (share) => this.change({ share }));
    this.root = this.laidOut();
    this.set({});
  }

  setTheme(): void {
    this.loop.request();
  }

  state(): Readonly<Record<string, unknown>> {
    return { ...this.now };
  }

  restore(state: unknown): void {
    const { power, share, price } = (typeof state === "object" && state !== null ? state : {}) as Record<string, unknown>;
    this.set({
      power: whole(power, 0, MOST) ? power : BEGIN.power,
      share: within(share, SHARE.least, SHARE.most) ? share : BEGIN.share,
      price: price === "passes" ? "passes" : "pairs",
    });
  }

  pictures(): readonly SVGSVGElement[] {
    return [this.plot.svg];
  }

  close(): void {
    this.root.remove();
  }

  private get shares(): Shares {
    return { images: 1 - this.now.share, noise: this.now.share };
  }

  private relative(power: number): { readonly images: number; readonly noise: number } {
    return relativeParts(this.shares, samplesOf(power), COST, this.now.price);
  }

  private set(change: Partial<State>): void {
    this.now = { ...this.now, ...change };
    this.prices.value = this.now.price;
    this.share.value = this.now.share;
    this.loop.request();
  }

  private change(change: Partial<State>): void {
    this.set(change);
    this.context.changed();
  }

  private samplesHandle(): Handle {
    const total = (power: number): number => {
      const { images, noise } = this.relative(power);
      return images + noise;
    };
    return new Handle(this.plot, {
      label: "Samples of each image",
      letter: "K",
      axis: "x",
      hue: "target",
      place: () => ({ x: this.now.power, y: total(this.now.power) }),
      step: 1,
      least: 1,
      most: samplesOf(MOST),
      value: () => samplesOf(this.now.power),
      words: () => `${samplesOf(this.now.power)} samples of ${this.batch} images`,
      move: ({ x }) => this.change({ power: Math.round(clamp(x, 0, MOST)) }),
    });
  }

  private get batch(): number {
    return Math.round(imagesAt(samplesOf(this.now.power), COST, this.now.price));
  }

  private laidOut(): HTMLElement {
    const names = legend([
      ["target", "which images were drawn"],
      ["q", "which z were drawn"],
    ]);
    const anew = textButton("Start anew", "As it was when the lesson opened", () => this.change(BEGIN));
    return element("div", { class: "part" }, element("div", { class: "controls" }, this.prices.root, this.share.root, element("span", { class: "actions" }, anew)), this.plot.root, names, this.figures.root);
  }

  private paint(): void {
    const { plot, now } = this;
    if (!plot.ready) return;
    const parts = Array.from(POWERS, (power) => this.relative(power));
    const most = Math.max(...parts.map(({ images, noise }) => images + noise));
    plot.setExtent("y", { least: 0, most: 1.1 * most });
    this.whole.show(POWERS, parts.map(({ images, noise }) => images + noise));
    this.noise.show(POWERS, parts.map(({ noise }) => noise));
    this.handle.paint();
    const samples = samplesOf(now.power);
    this.compare(0, 1, COST);
    this.compare(1, samples, this.batch);
    this.context.say(sentence(samples, this.batch, this.shares, now.price));
  }

  private compare(row: number, samples: number, batch: number): void {
    const drawn = simulated(this.shares, samples, batch, REPEATS, samples);
    this.figures.show(row, inWords(spread(this.shares, samples, batch), 5), `${inWords(drawn.value, 5)} ± ${drawn.error.toFixed(5)}`);
  }
}

export function sentence(samples: number, batch: number, shares: Shares, price: Price): string {
  const times = spread(shares, samples, batch) / spread(shares, 1, COST);
  const said = `${samples === 1 ? "1 sample" : `${samples} samples`} of ${batch} images: ${inWords(times, 2)} times the variance of 1 sample of ${COST} images.`;
  const best = bestSamples(shares, price);
  if (price === "pairs") return `${said} ${samples === 1 ? "Nothing at this cost is better." : "More images would have helped more."}`;
  return `${said} By this count the best number of samples is ${inWords(best, 1)}.`;
}

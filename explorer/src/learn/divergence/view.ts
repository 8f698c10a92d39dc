import { clamp, type Position } from "../../base/geometry";
import { Segments, textButton } from "../../page/controls";
import { element } from "../../page/dom";
import { FrameLoop } from "../../page/frameLoop";
import { within } from "../../state/codec";
import { Dots, keepRound, Mesh, Outline } from "../drawn";
import { Handle } from "../handle";
import type { Play, PlayContext } from "../lesson";
import { normalDraws } from "../normalDraws";
import { Figures, inWords, legend, Plot } from "../plot";
import { divergenceTerms, type Estimate, estimatedDivergence, type Gaussian, otherWayRound, pointAt, STANDARD } from "./gaussian";
import { axisEnd, dragAxis, LIMITS, type Shape, standing } from "./hand";
import { sentence } from "./sentence";
import { TermBars } from "./terms";

const DRAWS = 4000;
const SHOWN = 250;
const AROUND = 72;
const STEP = 0.05;
/** Units to either side of 0. */
const SEEN = 4;

const BEGIN: Gaussian = { mean: { x: 1, y: 0.6 }, deviations: [1.3, 0.45], angle: 0 };

/** The ellipse on which a Gaussian is `deviations` away from its mean. */
function ellipse(gaussian: Gaussian, deviations: number): readonly Position[] {
  return Array.from({ length: AROUND }, (_, index) => {
    const angle = (2 * Math.PI * index) / AROUND;
    return pointAt(gaussian, deviations * Math.cos(angle), deviations * Math.sin(angle));
  });
}

/** A Gaussian in the plane, dragged and leant, and what its divergence from N(0, I) is made of. */
export class DivergencePlay implements Play {
  readonly root: HTMLElement;
  private q = BEGIN;
  private shape: Shape = "diagonal";
  private seed = 1;
  private draws = normalDraws(2 * DRAWS, this.seed);
  private readonly loop: FrameLoop;
  private readonly plane: Plot;
  private readonly terms: TermBars;
  private readonly prior: readonly Outline[];
  private readonly own: readonly Outline[];
  private readonly dots: Dots;
  private readonly stems: Mesh;
  private readonly handles: readonly Handle[];
  private readonly shapes: Segments;
  private readonly figures = new Figures(
    "The divergence by its formula, and as a mean over draws",
    ["nats", "formula", `${DRAWS.toLocaleString("en")} draws`],
    ["KL(q‖N(0, I))", "KL(N(0, I)‖q)"],
  );

  constructor(private readonly context: PlayContext) {
    const { signal } = context;
    this.loop = new FrameLoop(() => this.paint(), signal);
    const repaint = (): void => this.loop.request();
    this.plane = new Plot(
      { label: "The plane of two latents: N(0, I) and q", x: { least: -4, most: 4, label: "z₁" }, y: { least: -4, most: 4, label: "z₂" }, height: 380 },
      repaint,
      signal,
    );
    this.dots = new Dots(this.plane, "q", "faint");
    this.prior = [1, 2].map(() => new Outline(this.plane, "prior", true));
    this.own = [1, 2].map(() => new Outline(this.plane, "q"));
    this.stems = new Mesh(this.plane, "q");
    this.terms = new TermBars(repaint, signal);
    this.handles = [this.meanHandle(), this.axisHandle(0), this.axisHandle(1)];
    for (const outline of this.own) this.handles[0]!.heldBy(outline.root);
    this.shapes = new Segments(
      "The covariance",
      [
        { value: "diagonal", label: "Diagonal", title: "The axes stay upright: what the encoder of a VAE tells, one variance a dimension" },
        { value: "full", label: "Full", title: "The axes may lean: the latents of one image go together" },
      ],
      (shape) => this.choose(shape as Shape),
    );
    this.root = this.laidOut();
    this.show(BEGIN, "diagonal");
  }

  setTheme(): void {
    this.loop.request();
  }

  state(): Readonly<Record<string, unknown>> {
    const { mean, deviations, angle } = this.q;
    return { shape: this.shape, x: mean.x, y: mean.y, first: deviations[0], second: deviations[1], angle };
  }

  restore(state: unknown): void {
    const { shape, x, y, first, second, angle } = (typeof state === "object" && state !== null ? state : {}) as Record<string, unknown>;
    const { far, narrow, wide } = LIMITS;
    const known = within(x, -far, far) && within(y, -far, far) && within(first, narrow, wide) && within(second, narrow, wide) && within(angle, -7, 7);
    if (known) this.show({ mean: { x, y }, deviations: [first, second], angle }, shape === "full" ? "full" : "diagonal");
  }

  pictures(): readonly SVGSVGElement[] {
    return [this.plane.svg, this.terms.plot.svg];
  }

  close(): void {
    this.root.remove();
  }

  private show(q: Gaussian, shape = this.shape): void {
    this.shape = shape;
    this.q = shape === "full" ? q : standing(q);
    this.shapes.value = shape;
    this.loop.request();
  }

  private change(change: Partial<Gaussian>): void {
    this.show({ ...this.q, ...change });
    this.context.changed();
  }

  private choose(shape: Shape): void {
    this.show(this.q, shape);
    this.context.changed();
  }

  private meanHandle(): Handle {
    return new Handle(this.plane, {
      label: "Mean of q",
      letter: "μ",
      axis: "both",
      hue: "q",
      place: () => this.q.mean,
      step: STEP,
      least: -LIMITS.far,
      most: LIMITS.far,
      words: () => `${inWords(this.q.mean.x, 2)}, ${inWords(this.q.mean.y, 2)}`,
      move: ({ x, y }) => this.change({ mean: { x: clamp(x, -LIMITS.far, LIMITS.far), y: clamp(y, -LIMITS.far, LIMITS.far) } }),
    });
  }

  /** Beyond the end of an axis: it makes the axis longer, and in a full covariance turns both. */
  private axisHandle(axis: 0 | 1): Handle {
    return new Handle(this.plane, {
      label: axis === 0 ? "First axis of q" : "Second axis of q",
      letter: axis === 0 ? "1" : "2",
      axis: "both",
      hue: "q",
      place: () => axisEnd(this.q, axis),
      step: STEP,
      least: -LIMITS.far,
      most: LIMITS.far,
      words: () => `standard deviation ${inWords(this.q.deviations[axis], 2)}, at ${Math.round(((this.q.angle * 180) / Math.PI + 90 * axis) % 360)} degrees`,
      move: (to) => this.change(dragAxis(this.q, axis, to, this.shape)),
    });
  }

  private laidOut(): HTMLElement {
    const unit = textButton("Make it N(0, I)", "Mean 0, variance 1 in every direction", () => this.change(STANDARD));
    const again = textButton("Draw again", "Other draws for the estimate", () => this.drawAgain());
    const anew = textButton("Start anew", "As it was when the lesson opened", () => this.change(BEGIN));
    const names = legend([
      ["q", "q = N(μ, Σ), 1 and 2 standard deviations out"],
      ["prior", "N(0, I)"],
    ]);
    return element(
      "div",
      { class: "part" },
      element("div", { class: "controls" }, this.shapes.root, element("span", { class: "actions" }, unit, again, anew)),
      this.plane.root,
      names,
      this.terms.plot.root,
      this.figures.root,
    );
  }

  private drawAgain(): void {
    this.draws = normalDraws(2 * DRAWS, ++this.seed);
    this.loop.request();
  }

  private paint(): void {
    const { plane, q } = this;
    if (!plane.ready) return;
    keepRound(plane, STANDARD.mean, { across: SEEN, up: SEEN });
    this.prior.forEach((outline, index) => outline.show(ellipse(STANDARD, index + 1)));
    this.own.forEach((outline, index) => outline.show(ellipse(q, index + 1)));
    this.dots.show(Array.from({ length: SHOWN }, (_, index) => pointAt(q, this.draws[2 * index]!, this.draws[2 * index + 1]!)));
    this.stems.show(([0, 1] as const).map((axis) => [q.mean, axisEnd(q, axis)]));
    for (const handle of this.handles) handle.paint();
    const terms = divergenceTerms(q);
    this.terms.show(terms);
    const byDraws = ({ value, standardError }: Estimate): string => `${inWords(value)} ± ${standardError.toFixed(4)}`;
    this.figures.show(0, inWords(terms.divergence), byDraws(estimatedDivergence(q, STANDARD, this.draws)));
    this.figures.show(1, inWords(otherWayRound(q)), byDraws(estimatedDivergence(STANDARD, q, this.draws)));
    this.context.say(sentence(terms, q.deviations));
  }
}

import { clamp } from "../../base/geometry";
import { type Range, Segments, textButton } from "../../page/controls";
import { element } from "../../page/dom";
import { FrameLoop } from "../../page/frameLoop";
import { within } from "../../state/codec";
import { Handle } from "../handle";
import type { Play, PlayContext } from "../lesson";
import { type Curve, Figures, inWords, legend, Plot } from "../plot";
import { range } from "../range";
import { bestBell, boundByQuadrature, gapByQuadrature, LinearModel, logEvidenceByQuadrature, logEvidenceBySampling, type Model, type Parts, PRIOR, partsOf, SquareModel } from "./models";
import { type Bell, density } from "./normal";
import { Shares } from "./shares";

const LIMITS = { mean: 3.5, narrow: 0.08, wide: 2 };
const NOISE = { least: 0.3, most: 2, step: 0.05 };
const X = { least: -4, most: 6 };
const LATENTS = { least: -4, most: 4 };
const POINTS = 321;
/** A handle on the width stands where the bell has fallen to this share of its height: one standard deviation out. */
const SHOULDER = Math.exp(-0.5);

type Kind = "one" | "two";

interface State {
  readonly kind: Kind;
  readonly q: Bell;
  readonly x: number;
  readonly noise: number;
}

const BEGIN: State = { kind: "one", q: { mean: -0.6, deviation: 0.9 }, x: 2.5, noise: 0.8 };

const spread = ({ least, most }: { readonly least: number; readonly most: number }): Float64Array =>
  Float64Array.from({ length: POINTS }, (_, index) => least + ((most - least) * index) / (POINTS - 1));

const PLACES = { z: spread(LATENTS), x: spread(X) };

/** A bell that is dragged over the true posterior, and what it makes of log p(x). */
export class BoundPlay implements Play {
  readonly root: HTMLElement;
  private now = BEGIN;
  /** p(x) as it is drawn, and the model that it is of. */
  private evidence = new Float64Array(POINTS);
  private observedOf: Model | null = null;
  /** What log p(x) is by another way, and of which model and x. */
  private compared: { readonly model: Model; readonly x: number; readonly words: string } | null = null;
  private model: Model = new LinearModel(BEGIN.noise);
  private readonly loop: FrameLoop;
  private readonly latents: Plot;
  private readonly observed: Plot;
  private readonly shares: Shares;
  private readonly curves: Readonly<Record<"prior" | "posterior" | "q" | "evidence", Curve>>;
  private readonly handles: readonly Handle[];
  private readonly kinds: Segments;
  private readonly noise: Range;
  private readonly figures = new Figures("The numbers, and the same by another way", ["nats", "ours", "by quadrature"], ["ELBO", "KL(q‖posterior)", "their sum", "log p(x)"]);

  constructor(private readonly context: PlayContext) {
    const { signal } = context;
    this.loop = new FrameLoop(() => this.paint(), signal);
    const repaint = (): void => this.loop.request();
    this.latents = new Plot({ label: "Densities over the latent z", x: { ...LATENTS, label: "z" }, y: { least: 0, most: 1, label: "density" }, height: 260 }, repaint, signal);
    this.observed = new Plot({ label: "Density of what is observed", x: { ...X, label: "x" }, y: { least: 0, most: 1, label: "", bare: true }, height: 118 }, repaint, signal);
    this.shares = new Shares(repaint, signal);
    this.curves = {
      prior: this.latents.curve({ hue: "prior", dashed: true }),
      posterior: this.latents.curve({ hue: "posterior", filled: true }),
      q: this.latents.curve({ hue: "q", filled: true }),
      evidence: this.observed.curve({ hue: "evidence", filled: true }),
    };
    this.handles = [this.meanHandle(), this.widthHandle(), this.observedHandle()];
    this.handles[0]!.heldBy(this.curves.q.root);
    this.kinds = new Segments(
      "The true posterior",
      [
        { value: "one", label: "One peak", title: "x is made from z in a straight line: all is known in closed form" },
        { value: "two", label: "Two peaks", title: "x is made from z²: z and −z make the same x" },
      ],
      (kind) => this.set({ kind: kind as Kind }),
    );
    const noise = { ...NOISE, label: "Decoder’s noise", title: "The standard deviation of x for a given z", written: (value: number) => value.toFixed(2) };
    this.noise = range(noise, () => this.now.noise, (value) => this.change({ noise: value }));
    this.root = this.laidOut();
    this.set({});
  }

  setTheme(): void {
    this.loop.request();
  }

  state(): Readonly<Record<string, unknown>> {
    const { kind, q, x, noise } = this.now;
    const rounded = (value: number): number => Number(value.toFixed(4));
    return { kind, mean: rounded(q.mean), deviation: rounded(q.deviation), x: rounded(x), noise };
  }

  restore(state: unknown): void {
    const { kind, mean, deviation, x, noise } = (typeof state === "object" && state !== null ? state : {}) as Record<string, unknown>;
    const known: State = {
      kind: kind === "two" ? "two" : "one",
      q: {
        mean: within(mean, -LIMITS.mean, LIMITS.mean) ? mean : BEGIN.q.mean,
        deviation: within(deviation, LIMITS.narrow, LIMITS.wide) ? deviation : BEGIN.q.deviation,
      },
      x: within(x, X.least, X.most) ? x : BEGIN.x,
      noise: within(noise, NOISE.least, NOISE.most) ? noise : BEGIN.noise,
    };
    this.set(known);
  }

  pictures(): readonly SVGSVGElement[] {
    return [this.latents.svg, this.shares.plot.svg, this.observed.svg];
  }

  close(): void {
    this.root.remove();
  }

  private set(change: Partial<State>): void {
    const before = this.now;
    this.now = { ...before, ...change };
    const { kind, noise } = this.now;
    if (kind !== before.kind || noise !== before.noise) this.model = kind === "one" ? new LinearModel(noise) : new SquareModel(noise);
    this.kinds.value = kind;
    this.noise.value = noise;
    this.loop.request();
  }

  private change(change: Partial<State>): void {
    this.set(change);
    this.context.changed();
  }

  private move(q: Partial<Bell>): void {
    const { mean, deviation } = { ...this.now.q, ...q };
    this.change({ q: { mean: clamp(mean, -LIMITS.mean, LIMITS.mean), deviation: clamp(deviation, LIMITS.narrow, LIMITS.wide) } });
  }

  private meanHandle(): Handle {
    return new Handle(this.latents, {
      label: "Mean of q",
      letter: "μ",
      axis: "x",
      hue: "q",
      place: () => ({ x: this.now.q.mean, y: density(0, { mean: 0, deviation: this.now.q.deviation }) }),
      step: 0.02,
      least: -LIMITS.mean,
      most: LIMITS.mean,
      words: () => inWords(this.now.q.mean, 2),
      move: ({ x }) => this.move({ mean: x }),
    });
  }

  private widthHandle(): Handle {
    return new Handle(this.latents, {
      label: "Width of q",
      letter: "σ",
      axis: "x",
      hue: "q",
      place: () => ({ x: this.now.q.mean + this.now.q.deviation, y: SHOULDER * density(0, { mean: 0, deviation: this.now.q.deviation }) }),
      step: 0.02,
      least: LIMITS.narrow,
      most: LIMITS.wide,
      value: () => this.now.q.deviation,
      words: () => `standard deviation ${inWords(this.now.q.deviation, 2)}`,
      move: ({ x }) => this.move({ deviation: x - this.now.q.mean }),
    });
  }

  private observedHandle(): Handle {
    return new Handle(this.observed, {
      label: "Observed x",
      letter: "x",
      axis: "x",
      hue: "evidence",
      place: () => ({ x: this.now.x, y: Math.exp(this.model.logEvidence(this.now.x)) }),
      step: 0.05,
      least: X.least,
      most: X.most,
      words: () => inWords(this.now.x, 2),
      move: ({ x }) => this.change({ x: clamp(x, X.least, X.most) }),
    });
  }

  private laidOut(): HTMLElement {
    const best = textButton("Best bell", "Moves q to where the ELBO is highest, from where it is", () => this.change({ q: bestBell(this.model, this.now.q, this.now.x, LIMITS) }));
    const again = textButton("Start anew", "As it was when the lesson opened", () => this.change(BEGIN));
    const names = legend([
      ["q", "q, the bell at your hand"],
      ["posterior", "true posterior"],
      ["prior", "prior"],
    ]);
    return element(
      "div",
      { class: "part" },
      element("div", { class: "controls" }, this.kinds.root, this.noise.root, element("span", { class: "actions" }, best, again)),
      this.latents.root,
      names,
      this.shares.plot.root,
      element("div", { class: "beside" }, this.observed.root, this.figures.root),
    );
  }

  private paint(): void {
    if (!this.latents.ready || !this.observed.ready) return;
    const { model, now } = this;
    const { q, x } = now;
    const logEvidence = model.logEvidence(x);
    const posterior = PLACES.z.map((z) => Math.exp(model.logPosterior(z, x)));
    this.latents.setExtent("y", { least: 0, most: 1.12 * Math.max(0.7, Math.max(...posterior), density(q.mean, q)) });
    this.curves.prior.show(PLACES.z, PLACES.z.map((z) => density(z, PRIOR)));
    this.curves.posterior.show(PLACES.z, posterior);
    this.curves.q.show(PLACES.z, PLACES.z.map((z) => density(z, q)));
    this.paintObserved();
    const parts = partsOf(model, q, x);
    this.shares.show(parts, logEvidence);
    for (const handle of this.handles) handle.paint();
    this.compare(parts, logEvidence);
    this.context.say(sentence(parts.elbo, parts.gap, logEvidence, now.kind));
  }

  /** Drawn anew only for another model: a bell that is dragged leaves it as it is. */
  private paintObserved(): void {
    const { model, observed } = this;
    if (this.observedOf !== model) {
      this.observedOf = model;
      this.evidence = PLACES.x.map((x) => model.evidence(x));
      observed.setExtent("y", { least: 0, most: 1.15 * Math.max(...this.evidence) });
    }
    this.curves.evidence.show(PLACES.x, this.evidence);
  }

  /** Beside our numbers the same by another way. */
  private compare(parts: Parts, logEvidence: number): void {
    const { model, now } = this;
    const [elbo, gap] = [boundByQuadrature(model, now.q, now.x), gapByQuadrature(model, now.q, now.x)];
    this.figures.show(0, inWords(parts.elbo), inWords(elbo));
    this.figures.show(1, inWords(parts.gap), inWords(gap));
    this.figures.show(2, inWords(parts.elbo + parts.gap), inWords(elbo + gap));
    this.figures.show(3, inWords(logEvidence), this.oracle());
  }

  /** log p(x) by another way, found anew only for another x; of two peaks no closed form is known, so that draws of the prior stand in. */
  private oracle(): string {
    const { model, now } = this;
    if (this.compared?.model !== model || this.compared.x !== now.x) {
      const drawn = logEvidenceBySampling(model, now.x);
      const words = now.kind === "one" ? inWords(logEvidenceByQuadrature(model, now.x)) : `${inWords(drawn.value)} ± ${drawn.error.toFixed(4)} by draws`;
      this.compared = { model, x: now.x, words };
    }
    return this.compared.words;
  }
}

function sentence(elbo: number, gap: number, logEvidence: number, kind: Kind): string {
  const sum = `ELBO ${inWords(elbo, 2)} + gap ${inWords(gap, 2)} = log p(x) ${inWords(logEvidence, 2)} nats.`;
  if (gap < 0.01) return `${sum} The bell is the true posterior, as good as exactly: the bound loses nothing.`;
  if (kind === "two" && gap < 0.9) return `${sum} One bell cannot be two peaks: about this much is always lost.`;
  if (gap > 3) return `${sum} The bell is where x cannot come from: the bound says little.`;
  return `${sum} The gap is how far the bell is from the true posterior.`;
}

import { clamp, type Position } from "../../base/geometry";
import { type Range, textButton } from "../../page/controls";
import { element, setText } from "../../page/dom";
import { FrameLoop } from "../../page/frameLoop";
import { within } from "../../state/codec";
import { Dots, keepRound, Mesh, Outline } from "../drawn";
import { Handle } from "../handle";
import type { Play, PlayContext } from "../lesson";
import { Figures, inWords, legend, Plot } from "../plot";
import { range } from "../range";
import { areaOf, integral, logDetByDifferences, squareRound } from "./checks";
import { BY_HAND } from "./example";
import { Flow, logBase, type Pair } from "./flow";
import { type FlowRecord, readFlow } from "./record";
import { sentence } from "./sentence";
import { cloud, positionOf, Travel } from "./travel";

const HEIGHT = 300;
/** Units of the base to either side that are seen, and that the hand may go to. */
const BASE = 3.4;
const FAR = 3;
const STEP = 0.05;
const SQUARE = 0.5;
const SQUARE_STEPS = 20;
/** Cells to a side, over which the density is added up, for so many milliseconds between two frames. */
const CELLS = 140;
const SLICE = 5;
/** Milliseconds through all layers. */
const JOURNEY = 4000;

const BEGIN = { hand: [0.6, 0.7] as Pair, share: 1 };

/** N(0, I) on its way through a flow, and what becomes of the point at the hand. */
export class FlowPlay implements Play {
  readonly root: HTMLElement;
  /** What was last received, as JSON: the page hands over the same again whenever anything changes. */
  private received = JSON.stringify(BY_HAND);
  private record: FlowRecord = BY_HAND;
  private flow = new Flow(BY_HAND);
  private seed = 1;
  private travel = new Travel(this.flow, BY_HAND, cloud(this.seed));
  private hand = BEGIN.hand;
  /** How far through the layers, 0 to 1. */
  private share = BEGIN.share;
  /** When the journey was last moved on; null while there is none. */
  private underway: number | null = null;
  private adding = 0;
  private readonly loop: FrameLoop;
  private readonly base: Plane;
  private readonly image: Plane;
  private readonly colors = legend([
    ["prior", "draws, the half near 0"],
    ["evidence", "the other half"],
    ["model", "the square at the hand"],
    ["target", "data"],
  ]);
  private readonly name = element("p", { class: "named" });
  private readonly depths: Range;
  private readonly carry = textButton("Carry through", "Takes N(0, I) through the layers, one after another", () => this.begin());
  private readonly handles: readonly Handle[];
  private readonly figures = new Figures(
    "The change of variables by the layers’ own formulas, and measured",
    ["at the hand", "by the layers", "measured"],
    ["log |det J|", "area of the square", "log p(x), nats", "p(x) adds up to", "mean log p of data"],
  );

  constructor(private readonly context: PlayContext) {
    const { signal } = context;
    this.loop = new FrameLoop(() => this.paint(), signal);
    signal.addEventListener("abort", () => clearTimeout(this.adding), { once: true });
    const repaint = (): void => this.loop.request();
    this.base = new Plane("The base: N(0, I)", ["z₁", "z₂"], repaint, signal);
    this.image = new Plane("What the flow has made of it", ["x₁", "x₂"], repaint, signal);
    this.handles = [this.baseHandle(), this.imageHandle()];
    this.depths = this.depthRange();
    this.root = this.laidOut();
    this.take(BY_HAND);
    this.set({});
  }

  setTheme(): void {
    this.loop.request();
  }

  state(): Readonly<Record<string, unknown>> {
    return { x: this.hand[0], y: this.hand[1], share: this.share };
  }

  restore(state: unknown): void {
    const { x, y, share } = (typeof state === "object" && state !== null ? state : {}) as Record<string, unknown>;
    this.set({
      hand: within(x, -FAR, FAR) && within(y, -FAR, FAR) ? [x, y] : BEGIN.hand,
      share: within(share, 0, 1) ? share : BEGIN.share,
    });
  }

  /** Shows a flow that was trained; without one, the one set by hand. */
  receive(given: unknown): void {
    const text = JSON.stringify(given ?? BY_HAND);
    if (text === this.received) return;
    this.received = text;
    this.take(readFlow(given ?? BY_HAND));
  }

  pictures(): readonly SVGSVGElement[] {
    return [this.base.plot.svg, this.image.plot.svg];
  }

  close(): void {
    this.root.remove();
  }

  private get depth(): number {
    return this.share * this.flow.depth;
  }

  private take(record: FlowRecord): void {
    this.record = record;
    this.flow = new Flow(record);
    setText(this.name, `The flow: ${record.name}, ${this.flow.depth} layers`);
    (this.colors.lastElementChild as HTMLElement).hidden = record.data.length === 0;
    this.figures.show(4, ...this.likelihood());
    this.send();
    this.addUp();
    this.set({});
  }

  /** Sets out with a cloud. */
  private send(): void {
    this.travel = new Travel(this.flow, this.record, cloud(this.seed));
    this.loop.request();
  }

  private likelihood(): readonly [string, string] {
    const { data, logLikelihood } = this.record;
    if (data.length === 0) return ["–", "–"];
    const ours = data.reduce((sum, point) => sum + this.flow.logDensity(point), 0) / data.length;
    return [inWords(ours), logLikelihood ? `${inWords(logLikelihood.mean)} by torch` : "–"];
  }

  /** Adds the density up over the plane, a little at a time, so that no frame waits for it. */
  private addUp(): void {
    clearTimeout(this.adding);
    this.figures.show(3, "…", "1 exactly");
    const rows = integral(this.flow, this.travel.everything, CELLS);
    const next = (): void => {
      const end = performance.now() + SLICE;
      while (performance.now() < end) {
        const { done, value } = rows.next();
        if (done) {
          this.figures.show(3, inWords(value, 3));
          return;
        }
      }
      this.adding = window.setTimeout(next);
    };
    next();
  }

  private set(change: Partial<typeof BEGIN>): void {
    this.hand = change.hand ?? this.hand;
    this.share = change.share ?? this.share;
    this.depths.value = this.share;
    this.loop.request();
  }

  private change(change: Partial<typeof BEGIN>): void {
    this.set(change);
    this.context.changed();
  }

  private moveHand(x: number, y: number): void {
    this.change({ hand: [clamp(x, -FAR, FAR), clamp(y, -FAR, FAR)] });
  }

  private baseHandle(): Handle {
    return new Handle(this.base.plot, {
      ...this.place("z", "Point of the base, z", () => this.hand),
      move: ({ x, y }) => this.moveHand(x, y),
    });
  }

  /** Its way back leads through the flow's inverse. */
  private imageHandle(): Handle {
    return new Handle(this.image.plot, {
      ...this.place("x", "Its image, x", () => this.flow.forward(this.hand, this.depth).place),
      move: ({ x, y }) => this.moveHand(...this.flow.inverse([x, y], this.depth).place),
    });
  }

  private place(letter: string, label: string, at: () => Pair) {
    const words = (): string => at().map((value) => inWords(value, 2)).join(", ");
    return { label, letter, axis: "both", hue: "model", place: () => positionOf(at()), step: STEP, least: -FAR, most: FAR, words } as const;
  }

  private depthRange(): Range {
    const written = (share: number): string => `${(share * this.flow.depth).toFixed(1)} of ${this.flow.depth}`;
    const look = { label: "Layers", title: "How far through the layers of the flow", least: 0, most: 1, step: 0.0125, written };
    return range(look, () => this.share, (share) => {
      this.underway = null;
      this.change({ share });
    });
  }

  private laidOut(): HTMLElement {
    const again = textButton("Draw again", "Another cloud of N(0, I)", () => {
      this.seed++;
      this.send();
    });
    const anew = textButton("Start anew", "As it was when the lesson opened", () => this.change(BEGIN));
    return element(
      "div",
      { class: "part" },
      this.name,
      element("div", { class: "controls" }, this.depths.root, element("span", { class: "actions" }, this.carry, again, anew)),
      element("div", { class: "planes" }, this.base.plot.root, this.image.plot.root),
      this.colors,
      this.figures.root,
    );
  }

  private begin(): void {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.change({ share: this.share < 1 ? 1 : 0 });
      return;
    }
    this.underway = performance.now();
    this.change({ share: this.share < 1 ? this.share : 0 });
  }

  /** Moves the journey on by the time that has passed. */
  private moveOn(): void {
    if (this.underway === null) return;
    const now = performance.now();
    const share = Math.min(1, this.share + (now - this.underway) / JOURNEY);
    this.underway = share < 1 ? now : null;
    this.change({ share });
  }

  private paint(): void {
    if (!this.base.plot.ready || !this.image.plot.ready) return;
    this.moveOn();
    const { depth, travel, hand, flow } = this;
    const rim = squareRound(hand, SQUARE, SQUARE_STEPS);
    const imageOfRim = rim.map((point) => flow.forward(point, depth).place);
    keepRound(this.base.plot, { x: 0, y: 0 }, { across: BASE, up: BASE });
    const { middle, half } = travel.windowAt(depth);
    keepRound(this.image.plot, middle, half);
    this.base.show(travel, [], 0, rim);
    this.image.show(travel, this.record.data, depth, imageOfRim);
    for (const handle of this.handles) handle.paint();
    const { logDet } = flow.forward(hand, depth);
    const measured = logDetByDifferences(flow, hand, depth);
    const area = (value: number): string => value.toPrecision(4);
    this.figures.show(0, inWords(logDet), inWords(measured));
    this.figures.show(1, area(SQUARE ** 2 * Math.exp(logDet)), area(areaOf(imageOfRim)));
    this.figures.show(2, inWords(logBase(hand) - logDet), inWords(logBase(hand) - measured));
    this.context.say(sentence(hand, logDet, depth, flow.depth));
  }
}

/** A plane with a grid, a cloud and the square at the hand. */
class Plane {
  readonly plot: Plot;
  private readonly grid: Mesh;
  private readonly inner: Dots;
  private readonly outer: Dots;
  private readonly square: Outline;
  private readonly data: Dots;
  /** What grid, cloud and data were last drawn of: a hand that drags the point leaves them as they are. */
  private drawn: readonly unknown[] = [];

  constructor(label: string, [across, up]: readonly [string, string], repaint: () => void, signal: AbortSignal) {
    this.plot = new Plot({ label, x: { least: -BASE, most: BASE, label: across }, y: { least: -BASE, most: BASE, label: up }, height: HEIGHT }, repaint, signal);
    this.data = new Dots(this.plot, "target", "faint");
    this.grid = new Mesh(this.plot, "q");
    this.outer = new Dots(this.plot, "evidence");
    this.inner = new Dots(this.plot, "prior");
    this.square = new Outline(this.plot, "model");
  }

  show(travel: Travel, data: readonly Pair[], depth: number, rim: readonly Pair[]): void {
    this.square.show(rim.map((point): Position => positionOf(point)));
    const drawn = [travel, depth, this.plot.right];
    if (drawn.every((part, index) => part === this.drawn[index])) return;
    this.drawn = drawn;
    const { inner, outer } = travel.cloudAt(depth);
    this.grid.show(travel.linesAt(depth));
    this.inner.show(inner);
    this.outer.show(outer);
    this.data.show(data.map(positionOf));
  }
}

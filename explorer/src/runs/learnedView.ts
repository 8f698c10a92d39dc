import { absoluteUrl } from "../options";
import { element, setText } from "../page/dom";
import { classColors, toCss } from "../page/palette";
import { readTheme } from "../page/theme";
import { Chart, type Look } from "./chart";
import type { Learned } from "./learned";
import { MovingMap } from "./movingMap";
import type { LearnedOptions } from "./options";
import { pollOf, type RunNow } from "./poll";

/** Milliseconds between two drawings, however short the epochs are: each is taken from the training. */
const REST = 2000;
const AT_WORK: ReadonlySet<string> = new Set(["queued", "training"]);
const EPOCHS = { label: "epoch", name: (epoch: number) => epoch.toLocaleString("en") };
const DIMENSIONS = { label: "dimension", name: (dimension: number) => (Number.isInteger(dimension) ? `z${dimension}` : "") };

/** Curves, KL of each dimension, moving map and pictures of one run, drawn anew as it learns. */
export class LearnedView {
  private readonly waiting = element("p", { class: "waiting" });
  private readonly remark = element("p", { class: "remark", role: "status", hidden: true });
  private readonly charts = element("div", { class: "charts", hidden: true });
  private readonly picture = element("img", { alt: "Eight images, their reconstructions, and eight samples of the prior" });
  private readonly pictures = element("figure", { class: "pictures", hidden: true });
  readonly root = element("div", { class: "learned" }, this.waiting, this.remark, this.charts, this.pictures);
  private readonly bound: Chart;
  private readonly terms: Chart;
  private readonly dimensions: Chart;
  private readonly map: MovingMap;
  private readonly url: string;
  private run: RunNow;
  /** Which state of the run is drawn; null before the first. */
  private drawn: string | null = null;
  private drawnAt = -Infinity;
  private loading = false;

  constructor(
    { run, runsUrl }: LearnedOptions,
    private readonly signal: AbortSignal,
  ) {
    this.run = run;
    this.url = `${absoluteUrl(runsUrl)}${encodeURIComponent(run.name)}/`;
    this.bound = new Chart({ title: "ELBO, nats an image", x: EPOCHS, curves: [{ label: "training" }, { label: "validation" }] }, signal);
    this.terms = new Chart({ title: "Its terms, log p(x|z) − KL", x: EPOCHS, curves: [{ label: "log p(x|z)" }, { label: "KL", ownScale: true }] }, signal);
    this.dimensions = new Chart({ title: "KL of each latent dimension, nats", x: DIMENSIONS, curves: [{ label: "KL" }], bars: true }, signal);
    this.map = new MovingMap(signal);
    this.charts.append(this.bound.root, this.terms.root, this.dimensions.root, this.map.root);
    const rows = ["images", "reconstructions", "samples"].map((row) => element("span", {}, row));
    this.pictures.append(element("div", { class: "rows", "aria-hidden": "true" }, ...rows), this.picture);
  }

  /** To be called once the root is on the page. */
  open(runsUrl: string): void {
    this.applyTheme();
    void this.catchUp();
    const look = (runs: readonly RunNow[]): void => {
      this.run = runs.find(({ name }) => name === this.run.name) ?? this.run;
      void this.catchUp();
    };
    pollOf(absoluteUrl(runsUrl)).listen(look, this.signal);
  }

  update({ run }: LearnedOptions): void {
    this.run = run;
    this.applyTheme();
    void this.catchUp();
  }

  private applyTheme(): void {
    const { dark } = readTheme(this.root);
    const style = getComputedStyle(this.root);
    const look: Look = {
      muted: style.getPropertyValue("--muted"),
      line: style.getPropertyValue("--line"),
      colors: classColors(2, dark).map(toCss),
    };
    for (const chart of [this.bound, this.terms, this.dimensions]) chart.setLook(look);
    this.map.setTheme(dark);
  }

  /** Draws what there is, unless it is drawn already or was a moment ago; the next look draws it then. */
  private async catchUp(): Promise<void> {
    const { change } = this.run;
    if (this.loading || change === this.drawn || performance.now() - this.drawnAt < REST) return;
    this.loading = true;
    try {
      const answer = await fetch(`${this.url}learned`, { signal: this.signal });
      if (!answer.ok) return; // being removed: the page will say so
      this.show((await answer.json()) as Learned, change);
      this.drawn = change;
      this.drawnAt = performance.now();
    } catch (error) {
      // Without an answer the next look asks again.
      if (!(error instanceof TypeError) && !this.signal.aborted) throw error;
    } finally {
      this.loading = false;
    }
  }

  private show(learned: Learned, change: string): void {
    const { epochs } = learned;
    const begun = epochs.length > 0;
    setText(this.waiting, begun || !AT_WORK.has(this.run.state) ? "" : "The first pictures and curves come with the end of the first epoch.");
    this.remark.hidden = learned.remark === null;
    setText(this.remark, learned.remark ?? "");
    this.charts.hidden = !begun;
    this.pictures.hidden = !learned.pictured;
    if (learned.pictured) this.picture.src = `${this.url}picture?change=${encodeURIComponent(change)}`;
    if (!begun) return;
    this.bound.show(epochs, learned.training, learned.validation ?? epochs.map(() => null));
    this.terms.show(epochs, learned.log_likelihood, learned.kl);
    this.dimensions.show(
      learned.kl_per_dimension.map((_, index) => index + 1),
      learned.kl_per_dimension,
    );
    if (learned.map) this.map.show(learned.map, learned.class_names, learned.kl_per_dimension.length <= 2);
  }
}

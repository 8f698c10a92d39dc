import type { Underway } from "../base/underway";
import { element } from "../page/dom";
import { Slider } from "../page/slider";
import type { Manifest } from "../model/manifest";

/** A slider reaches this many standard deviations from the mean, and never less from the prior's zero. */
const REACH = 3;
const STEP = 0.01;
/** A thumb that would move by less than this share of its range stays where it is. */
const VISIBLE = 0.002;

export interface SlidersHandlers {
  /** A slider is taken and moved, then let go, or what it did is taken back. */
  onTake(): void;
  onSlide(dimension: number, value: number): void;
  onLetGo(): void;
  onTakeBack(): void;
}

interface Row {
  readonly slider: Slider;
  readonly value: HTMLElement;
  readonly threshold: number;
  shown: number;
}

const written = (value: number): string => value.toFixed(2).replace("-", "−");

/** One slider a latent dimension, most informative first; those that the model does not use are folded away. */
export class Sliders {
  readonly root = element("div", { class: "sliders" });
  private readonly rows: Row[];

  constructor(
    private readonly manifest: Manifest,
    handlers: SlidersHandlers,
    private readonly underway: Underway,
  ) {
    const { latent } = manifest;
    this.rows = new Array<Row>(manifest.model.latent_dim);
    const list = (dimensions: readonly number[]): HTMLElement => {
      const made = element("ol", { class: "dimensions middled" });
      made.append(...dimensions.map((dimension) => this.row(dimension, handlers)));
      return made;
    };
    const active = latent.order.filter((dimension) => latent.active[dimension]);
    const collapsed = latent.order.filter((dimension) => !latent.active[dimension]);
    if (active.length > 0) this.root.append(list(active));
    if (collapsed.length > 0) this.root.append(this.folded(list(collapsed), collapsed.length, active.length === 0));
  }

  /** Moves the thumbs to a latent; called many times a second, so that what has not moved is not touched. */
  show(latent: Float32Array): void {
    this.rows.forEach((row, dimension) => {
      const value = latent[dimension]!;
      if (Math.abs(value - row.shown) < row.threshold) return;
      row.shown = value;
      row.slider.value = String(value);
      const text = written(value);
      if (row.value.firstChild) row.value.firstChild.nodeValue = text;
      else row.value.append(text);
    });
  }

  private row(dimension: number, handlers: SlidersHandlers): HTMLElement {
    const { mean, standard_deviation, kl_per_dimension } = this.manifest.latent;
    const middle = mean[dimension]!;
    const spread = REACH * standard_deviation[dimension]!;
    const low = Math.min(-REACH, middle - spread);
    const high = Math.max(REACH, middle + spread);
    const kl = kl_per_dimension[dimension]!;
    const input = element("input", {
      type: "range",
      min: low.toFixed(2),
      max: high.toFixed(2),
      step: STEP,
      value: 0,
      "data-dimension": dimension,
      "aria-label": `Latent dimension ${dimension + 1}`,
    });
    const value = element("output", { class: "value" });
    const slider = new Slider(
      input,
      {
        begin: () => handlers.onTake(),
        preview: (moved) => handlers.onSlide(dimension, moved),
        commit: () => handlers.onLetGo(),
        cancel: () => handlers.onTakeBack(),
      },
      this.underway,
    );
    this.rows[dimension] = { slider, value, threshold: (high - low) * VISIBLE, shown: NaN };
    const name = element("span", { class: "name", title: `KL ${kl.toFixed(2)} nats: how much this dimension says of an image` });
    name.append(`z${String(dimension + 1).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]!)}`);
    return element("li", {}, element("label", {}, name, input, value));
  }

  private folded(list: HTMLElement, count: number, open: boolean): HTMLElement {
    const dimensions = count === 1 ? "1 collapsed dimension" : `${count} collapsed dimensions`;
    return element(
      "details",
      { class: "collapsed", open },
      element("summary", {}, dimensions),
      element(
        "p",
        {},
        "The model learned not to use these: every image leaves them as the prior has them, so moving them changes next to nothing.",
      ),
      list,
    );
  }
}

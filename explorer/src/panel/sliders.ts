import type { Underway } from "../base/underway";
import { element, withProperties } from "../page/dom";
import { signed } from "../base/signed";
import { Slider } from "../page/slider";
import type { Manifest } from "../model/manifest";
import { collapsedWords, dimensionWords } from "../model/dimensionWords";

/** A slider reaches this many standard deviations from the mean, and never less from the prior's zero. */
const REACH = 3;
const STEP = 0.01;
/** A thumb that would move by less than this share of its range stays where it is. */
const VISIBLE = 0.002;
/** Characters of a factor's name that have room beside a slider. */
const NAMED = 12;

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
    const longest = Math.max(0, ...(latent.factors ?? []).map((factor) => factor?.name.length ?? 0));
    if (longest > 0) withProperties(this.root, { "--named": `${2 + Math.min(longest, NAMED)}ch` });
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
      const text = signed(value.toFixed(2));
      if (row.value.firstChild) row.value.firstChild.nodeValue = text;
      else row.value.append(text);
    });
  }

  private row(dimension: number, handlers: SlidersHandlers): HTMLElement {
    const { mean, standard_deviation } = this.manifest.latent;
    const { symbol, suffix, spoken, explained } = dimensionWords(this.manifest.latent, dimension);
    const middle = mean[dimension]!;
    const spread = REACH * standard_deviation[dimension]!;
    const low = Math.min(-REACH, middle - spread);
    const high = Math.max(REACH, middle + spread);
    const input = element("input", {
      type: "range",
      min: low.toFixed(2),
      max: high.toFixed(2),
      step: STEP,
      value: 0,
      "data-dimension": dimension,
      "aria-label": spoken,
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
    const name = element("span", { class: "name", title: explained }, symbol);
    if (suffix) name.append(element("span", { class: "factor" }, suffix));
    return element("li", {}, element("label", {}, name, input, value));
  }

  private folded(list: HTMLElement, count: number, open: boolean): HTMLElement {
    const dimensions = count === 1 ? "1 collapsed dimension" : `${count} collapsed dimensions`;
    return element(
      "details",
      { class: "collapsed", open },
      element("summary", {}, dimensions),
      element("p", {}, collapsedWords(this.manifest.latent)),
      list,
    );
  }
}

import type { Underway } from "../base/underway";
import type { Manifest } from "../model/manifest";
import { Select, textButton } from "../page/controls";
import { element, setText, wholeNumber, withProperties } from "../page/dom";
import { setHidden } from "../page/focus";
import { toCss } from "../page/palette";
import type { Rgb } from "../page/theme";
import type { Group } from "../state/state";
import { ImageCanvas } from "../page/image";
import { signed } from "../base/signed";
import { Slider, type SliderHandlers } from "../page/slider";

/** Classes named one by one; the rest are counted together. */
const LISTED = 3;
/** The handle goes so far either way, in lengths of the direction, by steps of this. */
export const STRENGTH = 2;
export const STEP = 0.02;

export interface GroupsHandlers {
  /** A group from a class, or from the points nearest to the probe. */
  onTake(slot: 0 | 1, source: { readonly label: number } | "nearest"): void;
  onClear(slot: 0 | 1): void;
  onPin(slot: 0 | 1): void;
  onGoTo(slot: 0 | 1): void;
  /** The probe is to stand this many attribute vectors from where it started. */
  readonly strength: Required<SliderHandlers>;
}

/** What is known of one group. */
export interface GroupFacts {
  readonly group: Group;
  readonly counts: Uint32Array;
}

interface Slot {
  readonly root: HTMLElement;
  readonly empty: HTMLElement;
  readonly full: HTMLElement;
  readonly title: HTMLElement;
  readonly bars: HTMLElement;
  readonly mean: ImageCanvas;
}

/** Two groups of points, what they are made of, and the direction from the one to the other. */
export class GroupsPanel {
  readonly root: HTMLElement;
  private readonly slots: readonly [Slot, Slot];
  private readonly vector = element("div", { class: "vector", hidden: true });
  private readonly strength: Slider;
  private readonly strengthValue = element("output", { class: "value" });
  private readonly overlap = element("p", {
    class: "muted",
    title: "Overlap: the least sum of the two shares of points on the wrong side of any dividing line across this direction; 0 % apart, 100 % alike. A few points in many dimensions look farther apart than they are.",
  });
  private colors: readonly Rgb[] = [];
  private facts: readonly [GroupFacts | null, GroupFacts | null] = [null, null];

  constructor(
    private readonly manifest: Manifest,
    private readonly handlers: GroupsHandlers,
    underway: Underway,
  ) {
    this.slots = [this.slot(0, "A"), this.slot(1, "B")];
    const { strength } = handlers;
    const input = element("input", { type: "range", min: -STRENGTH, max: STRENGTH, step: STEP, value: 0, "aria-label": "Strength of the attribute, A to B" });
    const preview = (value: number): void => {
      strength.preview(value);
      this.write();
    };
    const cancel = (): void => {
      strength.cancel();
      this.write();
    };
    this.strength = new Slider(input, { ...strength, preview, cancel }, underway);
    this.vector.append(
      element("h4", {}, "From A to B"),
      element("label", { class: "strength middled" }, element("span", { class: "muted" }, "A"), input, element("span", { class: "muted" }, "B"), this.strengthValue),
      this.overlap,
    );
    this.root = element("section", { class: "groups" }, this.slots[0].root, this.slots[1].root, this.vector);
    this.write();
  }

  setColors(colors: readonly Rgb[]): void {
    this.colors = colors;
    this.facts.forEach((facts, slot) => facts && this.fillBars(this.slots[slot]!, facts));
  }

  /** @param overlap of the two along their vector, 0 apart to 1 alike, or null without both */
  show(facts: readonly [GroupFacts | null, GroupFacts | null], overlap: number | null): void {
    this.facts = facts;
    this.slots.forEach((slot, index) => {
      const known = facts[index] ?? null;
      const [shown, gone] = known ? [slot.full, slot.empty] : [slot.empty, slot.full];
      shown.hidden = false;
      setHidden(gone, true, () => shown.querySelector("select, button"));
      if (!known) return;
      const { points, origin } = known.group;
      setText(slot.title, `${wholeNumber(points.length)} ${points.length === 1 ? "point" : "points"}, ${origin}`);
      this.fillBars(slot, known);
    });
    this.vector.hidden = overlap === null;
    if (overlap !== null) setText(this.overlap, overlapWords(overlap));
  }

  setMean(slot: 0 | 1, image: Float32Array): void {
    this.slots[slot].mean.show(image);
  }

  /** The probe has gone elsewhere. */
  setStrength(strength: number): void {
    const value = String(Math.round(strength / STEP) * STEP);
    if (Number(this.strength.input.value) === Number(value)) return;
    this.strength.value = value;
    this.write();
  }

  private write(): void {
    setText(this.strengthValue, signed(Number(this.strength.input.value).toFixed(2)));
  }

  private slot(index: 0 | 1, name: string): Slot {
    const { image_size, channels } = this.manifest.model;
    const classes = this.manifest.data.class_names.map((label, value) => ({ value: String(value), label }));
    const take = new Select("", [{ value: "", label: "Take a class…" }, ...classes], (value) => {
      take.value = "";
      if (value !== "") this.handlers.onTake(index, { label: Number(value) });
    });
    take.root.querySelector("select")!.setAttribute("aria-label", `Group ${name}: take a class`);
    const empty = element(
      "div",
      { class: "empty" },
      element("p", { class: "muted" }, index === 0 ? "Drag with Shift round some points, or" : "A second lasso gives the direction from A to B, or"),
      element(
        "div",
        { class: "actions" },
        take.root,
        textButton("100 nearest", "The hundred data points whose latents are nearest to the probe's", () => this.handlers.onTake(index, "nearest")),
      ),
    );
    const title = element("p", { class: "muted" });
    const bars = element("ul", { class: "bars" });
    const mean = new ImageCanvas(image_size, channels, "mean", `Decoded mean of group ${name}`);
    const full = element(
      "div",
      { class: "full", hidden: true },
      mean.canvas,
      element("div", {}, title, bars),
      element(
        "div",
        { class: "actions" },
        textButton("Go to mean", `Move the probe to the mean latent of group ${name}`, () => this.handlers.onGoTo(index)),
        textButton("Pin mean", `Keep the mean of group ${name} in the tray`, () => this.handlers.onPin(index)),
        textButton("Clear", `Let go of group ${name}`, () => this.handlers.onClear(index)),
      ),
    );
    const root = element("div", { class: `group ${index === 0 ? "first" : "second"}`, role: "group", "aria-label": `Group ${name}` }, element("h4", {}, name), empty, full);
    return { root, empty, full, title, bars, mean };
  }

  private fillBars(slot: Slot, { group, counts }: GroupFacts): void {
    const names = this.manifest.data.class_names;
    const largest = [...counts.keys()].filter((label) => counts[label]! > 0).sort((a, b) => counts[b]! - counts[a]!);
    const row = (name: string, count: number, color: string): HTMLElement => {
      const bar = withProperties(element("span", { class: "share" }), { "--share": `${(100 * count) / group.points.length}%`, "--swatch": color });
      return element("li", {}, element("span", { class: "name" }, name), element("span", {}, bar), element("span", { class: "value" }, wholeNumber(count)));
    };
    const listed = largest.slice(0, LISTED).map((label) => row(names[label]!, counts[label]!, toCss(this.colors[label] ?? [128, 128, 128])));
    const rest = largest.slice(LISTED);
    if (rest.length > 0) listed.push(row(`${rest.length} more`, rest.reduce((sum, label) => sum + counts[label]!, 0), "var(--muted)"));
    slot.bars.replaceChildren(...listed);
  }
}

function overlapWords(overlap: number): string {
  const percent = `${(100 * overlap).toFixed(overlap < 0.1 ? 1 : 0)} %`;
  if (overlap < 0.05) return `Overlap ${percent}: along this direction the groups lie apart.`;
  if (overlap < 0.5) return `Overlap ${percent}: the direction tells the groups apart, though not every point.`;
  return `Overlap ${percent}: the groups lie over each other, so the direction says little.`;
}

import type { Underway } from "../base/underway";
import type { Manifest } from "../model/manifest";
import { pointWords } from "../model/pointWords";
import { type PriorName, priorsOf } from "../opened/draws";
import { textButton } from "../page/controls";
import { element, setText } from "../page/dom";
import { FarBadge } from "../page/farBadge";
import { allow } from "../page/focus";
import { ImageCanvas } from "../page/image";
import { LinkField } from "../page/linkField";
import { Notice } from "../page/notice";
import { Sliders, type SlidersHandlers } from "./sliders";
import { type Tab, Tabs } from "./tabs";

export interface PanelHandlers extends SlidersHandlers {
  onZero(): void;
  onBack(): void;
  onRandom(prior: PriorName): void;
  onSample(): void;
  onPin(): void;
  onSave(): void;
  onLink(): void;
}

/** Where the probe is, in words. */
export interface Caption {
  readonly color: string;
  readonly name: string;
  readonly detail: string;
}

/** The decoded image, what it is, the latent behind it, and what else can be done with it. */
export class Panel {
  readonly root: HTMLElement;
  readonly image: ImageCanvas;
  readonly sliders: Sliders;
  readonly tabs: Tabs;
  private readonly swatch = element("span", { class: "swatch" });
  private readonly name = element("strong");
  private readonly detail = element("span", { class: "muted" });
  readonly far: FarBadge;
  private readonly notice = new Notice();
  readonly link = new LinkField();
  private readonly back: HTMLButtonElement;
  private readonly sample: HTMLButtonElement;

  /** @param neighbours the strip under the caption; @param others tabs beside the latent's */
  constructor(manifest: Manifest, handlers: PanelHandlers, neighbours: HTMLElement, others: readonly Tab[], underway: Underway) {
    const { image_size, channels } = manifest.model;
    this.image = new ImageCanvas(image_size, channels, "decoded", "Decoded image");
    this.far = new FarBadge(pointWords(manifest).any);
    this.sliders = new Sliders(manifest, handlers, underway);
    this.back = textButton("Back", "Return to the last data point, exactly (Esc)", () => handlers.onBack());
    this.sample = textButton("Sample", "A draw from this point's posterior q(z|x)", () => handlers.onSample());
    this.tabs = new Tabs("What to do with the image", [{ name: "latent", label: "Latent", content: this.latents(manifest, handlers) }, ...others]);
    this.root = element(
      "div",
      { class: "panel" },
      element("div", { class: "stage" }, this.image.canvas, this.far.root),
      element(
        "div",
        { class: "about" },
        element("p", { class: "caption" }, this.swatch, this.name, this.detail),
        element(
          "div",
          { class: "actions" },
          textButton("Pin", "Keep this image in the tray (P)", () => handlers.onPin()),
          textButton("Save image", "Save the decoded image as PNG", () => handlers.onSave()),
          textButton("Copy link", "Copy an address that opens this model, view and image again", () => handlers.onLink()),
          this.back,
          this.notice.root,
        ),
        this.link.root,
        neighbours,
      ),
      this.tabs.root,
    );
  }

  setCaption({ color, name, detail }: Caption): void {
    if (this.swatch.style.getPropertyValue("--swatch") !== color) this.swatch.style.setProperty("--swatch", color);
    setText(this.name, name);
    setText(this.detail, detail);
  }

  /** Whether there is a data point to return to. */
  setReturn(possible: boolean): void {
    allow(this.back, possible);
  }

  /** Whether the probe is on a data point, whose posterior can be drawn from. */
  setSample(possible: boolean): void {
    allow(this.sample, possible);
  }

  /** What has just been done: copied, saved. */
  say(notice: string): void {
    this.notice.say(notice);
  }

  private latents(manifest: Manifest, handlers: PanelHandlers): HTMLElement {
    const dimensions = manifest.model.latent_dim;
    return element(
      "section",
      { class: "latents" },
      element(
        "div",
        { class: "actions" },
        textButton("Zero", `Set every latent dimension to zero${manifest.prior ? "" : ", the prior’s centre"}`, () => handlers.onZero()),
        ...randomButtons(manifest, (prior) => handlers.onRandom(prior)),
        this.sample,
        element("span", { class: "muted" }, dimensions === 1 ? "1 dimension" : `${dimensions} dimensions`),
      ),
      this.sliders.root,
    );
  }
}

/** One button for each prior that there is; the standard one alone needs no other name. */
function randomButtons(manifest: Manifest, draw: (prior: PriorName) => void): HTMLButtonElement[] {
  return priorsOf(manifest).map(({ name, words }, index) => textButton(index === 0 ? "Random" : "N(0, I)", words, () => draw(name)));
}

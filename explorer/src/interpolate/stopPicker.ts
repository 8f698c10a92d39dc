import type { Manifest } from "../model/manifest";
import { pointName, pointWords } from "../model/pointWords";
import type { PointData } from "../model/pointData";
import type { Thumbnails } from "../model/thumbnails";
import { type PriorName, priorsOf } from "../opened/draws";
import { Select, textButton } from "../page/controls";
import { element, setText, wholeNumber } from "../page/dom";
import { ImageCanvas } from "../page/image";
import { Tabs } from "../panel/tabs";
import type { Pin } from "../state/state";
import type { ClassMean } from "./classMeans";
import { FEWEST_STOPS, MOST_STOPS } from "./state";

/** Images of a class on show at once. */
const PAGE = 12;

export interface StopPickerHost {
  /** A latent that is to become a stop; of a data point, where it stands on the map is known. */
  add(latent: Float32Array, name: string, point: number | null): void;
  /** Shows the image of a latent as soon as it is there. */
  decode(latent: Float32Array, show: (image: Float32Array) => void): void;
  /** The path is to go through the pins, in their order, and through nothing else. */
  usePins(): void;
  /** One's own picture, encoded. */
  takePicture(file: File): void;
  /** A random latent of a prior is to become a stop. */
  draw(prior: PriorName): void;
  /** What is in the tray now. */
  pins(): readonly Pin[];
}

/** The sources of stops: the tray, the data, the classes' means, the prior, one's own picture. */
export class StopPicker {
  readonly root: HTMLElement;
  readonly tabs: Tabs;
  private readonly pins = element("div", { class: "offers", role: "group", "aria-label": "Pins of the tray" });
  private readonly allPins: HTMLButtonElement;
  private readonly points: HTMLElement;
  private readonly means = element("div", { class: "offers", role: "group", "aria-label": "Means of the classes" });
  private readonly message = element("p", { class: "message", role: "alert" });
  private readonly file = element("input", { type: "file", accept: "image/*", class: "unseen", tabindex: -1, "aria-label": "Choose a picture" });
  private readonly which: Select;
  private readonly number: HTMLInputElement;
  private data: PointData | null = null;
  private thumbnails: Thumbnails | null = null;
  private offered: readonly number[] = [];
  private label = -1;
  private page = 0;

  constructor(
    private readonly manifest: Manifest,
    private readonly host: StopPickerHost,
  ) {
    const names = manifest.data.class_names;
    const { all, an, together } = pointWords(manifest);
    this.points = element("div", { class: "offers", role: "group", "aria-label": `Images of ${all}` });
    const classes = [{ value: "-1", label: "every class" }, ...names.map((name, label) => ({ value: String(label), label: name }))];
    this.which = new Select("Class", classes, (value) => this.browse(Number(value), 0));
    this.number = element("input", { type: "number", min: 1, max: manifest.map.count, class: "number", "aria-label": `Number of ${an}` });
    this.number.addEventListener("keydown", (event) => event.key === "Enter" && this.addNumber());
    this.file.addEventListener("change", () => {
      const [chosen] = this.file.files ?? [];
      this.file.value = "";
      if (chosen) host.takePicture(chosen);
    });
    this.allPins = textButton("Use these as the stops", `Let the path go through the pins in their order, the first ${MOST_STOPS} of them`, () => host.usePins());
    this.tabs = new Tabs("Where a stop comes from", [
      { name: "data", label: together, content: this.dataTab() },
      { name: "tray", label: "Tray", content: element("div", {}, this.pins, this.allPins) },
      { name: "means", label: "Class means", content: element("div", {}, this.means) },
      { name: "prior", label: "Prior", content: this.priorTab() },
      {
        name: "own",
        label: "Your image",
        content: element("div", { class: "actions" }, textButton("Choose a picture…", "A PNG, JPEG, WebP or GIF file; it stays in this browser", () => this.file.click()), element("span", { class: "muted" }, "Or drop or paste one anywhere."), this.file),
      },
    ]);
    this.root = element("section", { class: "picker", "aria-label": "Add a stop" }, this.tabs.root, this.message);
  }

  /** From here on there is something to offer. */
  open(data: PointData, thumbnails: Thumbnails | null, means: readonly ClassMean[]): void {
    this.data = data;
    this.thumbnails = thumbnails;
    this.browseOnceSeen();
    this.means.replaceChildren(...means.map(({ label, latent }) => this.decodedOffer(latent, `mean of ${this.className(label)}`)));
    this.showPins();
  }

  showPins(): void {
    const pins = this.host.pins();
    this.allPins.hidden = pins.length < FEWEST_STOPS;
    this.pins.replaceChildren(...pins.map(({ latent, name }) => this.decodedOffer(latent, name)));
    if (pins.length === 0) this.pins.append(element("p", { class: "muted" }, "The tray is empty: pin images on the Explore page (key P), or pin a frame here."));
  }

  /** What went wrong with the last addition, or nothing. */
  say(message: string): void {
    setText(this.message, message);
  }

  private className(label: number): string {
    return this.manifest.data.class_names[label] ?? "";
  }

  private dataTab(): HTMLElement {
    const turn = (pages: number): void => this.browse(this.label, this.page + pages);
    const { one } = pointWords(this.manifest);
    const controls = element(
      "div",
      { class: "actions" },
      this.which.root,
      textButton("Back", `Earlier ${one}s`, () => turn(-1)),
      textButton("More", `Further ${one}s`, () => turn(1)),
      element("label", { class: "select" }, element("span", {}, "Number"), this.number),
      textButton("Add", `Add the ${one} of this number`, () => this.addNumber()),
    );
    return element("div", {}, controls, this.points);
  }

  private priorTab(): HTMLElement {
    const labels = { known: "Draw like the data", standard: "Draw from N(0, I)" };
    const buttons = priorsOf(this.manifest).map(({ name, words }) => textButton(labels[name], words, () => this.host.draw(name)));
    return element("div", { class: "actions" }, ...buttons, element("span", { class: "muted" }, "A latent that nothing on the map has."));
  }

  /** Images of the data are looked up when the shelf that the picker is on has been opened. */
  private browseOnceSeen(): void {
    const shelf = this.root.closest("details");
    if (!shelf || shelf.open) this.browse(-1, 0);
    else shelf.addEventListener("toggle", () => this.browse(-1, 0), { once: true });
  }

  /** Shows some images of a class, all through the data rather than the first of it. */
  private browse(label: number, page: number): void {
    if (!this.data) return;
    if (label !== this.label || this.offered.length === 0) {
      const { labels } = this.data;
      this.offered = Array.from(labels.keys()).filter((point) => label < 0 || labels[point] === label);
    }
    this.label = label;
    const pages = Math.max(1, Math.ceil(this.offered.length / PAGE));
    this.page = ((page % pages) + pages) % pages;
    const shown = Array.from({ length: PAGE }, (_, index) => this.offered[this.page + index * pages]).filter((point) => point !== undefined);
    this.points.replaceChildren(...shown.map((point) => this.pointOffer(point)));
  }

  private addNumber(): void {
    const wanted = Number(this.number.value);
    const count = this.data?.count ?? 0;
    if (!Number.isInteger(wanted) || wanted < 1 || wanted > count) {
      this.say(`There is no ${pointWords(this.manifest).one} ${this.number.value || "without a number"}: give one from 1 to ${wholeNumber(count)}.`);
      return;
    }
    this.addPoint(wanted - 1);
  }

  private addPoint(point: number): void {
    this.host.add(this.data!.halves.row(point), this.className(this.data!.labels[point]!), point);
  }

  private pointOffer(point: number): HTMLElement {
    const name = `${this.className(this.data!.labels[point]!)}, ${pointName(this.manifest, point)}`;
    const act = (): void => this.addPoint(point);
    if (!this.thumbnails) return this.offer(this.decoded(this.data!.halves.row(point)), name, act);
    const canvas = element("canvas", { class: "crisp" });
    this.thumbnails.draw(point, canvas).catch(() => this.say("The small pictures could not be loaded; all else goes on without them."));
    return this.offer(canvas, name, act);
  }

  private decodedOffer(latent: Float32Array, name: string): HTMLElement {
    return this.offer(this.decoded(latent), name, () => this.host.add(latent, name, null));
  }

  private decoded(latent: Float32Array): HTMLCanvasElement {
    const { image_size, channels } = this.manifest.model;
    const picture = new ImageCanvas(image_size, channels, "", "");
    picture.canvas.removeAttribute("role");
    this.host.decode(latent, (image) => picture.show(image));
    return picture.canvas;
  }

  private offer(picture: HTMLCanvasElement, name: string, act: () => void): HTMLElement {
    const button = element("button", { type: "button", class: "bare", title: `Add ${name}`, "aria-label": `Add ${name}` }, picture);
    button.addEventListener("click", act);
    return button;
  }
}

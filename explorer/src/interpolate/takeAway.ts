import { Select, textButton } from "../page/controls";
import { element, setText } from "../page/dom";
import { setHidden } from "../page/focus";
import { Failure } from "../base/failure";
import type { FilmWriter } from "../options";
import type { Step } from "./service";
import { FRAMES, type Shape } from "./state";

export const FORMATS = [
  { value: "gif", label: "GIF" },
  { value: "mp4", label: "MP4" },
  { value: "webp", label: "WebP" },
  { value: "png", label: "PNG of all frames" },
  { value: "csv", label: "CSV of z" },
] as const;
/** What a server writes. */
export const SERVED: Pick<FilmWriter, "formats" | "refusal"> = { formats: ["gif", "mp4", "webp"], refusal: () => null };
const SIZES = [128, 256, 512, 1024];

export type Format = (typeof FORMATS)[number]["value"];

const isFilm = (format: Format): boolean => format !== "png" && format !== "csv";

export interface TakeAwayWish {
  readonly format: Format;
  /** Pixels along one side of an image. */
  readonly side: number;
  readonly frames: number;
}

/** What a person takes away: a film, a picture of all frames, or the numbers. */
export class TakeAway {
  readonly root: HTMLElement;
  private readonly format: Select;
  private readonly side: Select;
  private readonly frames = element("input", { type: "number", min: FRAMES.least, max: FRAMES.most, class: "number", "aria-label": "Frames of the film" });
  private readonly framesLabel: HTMLElement;
  private readonly save: HTMLButtonElement;
  private readonly cancel: HTMLButtonElement;
  private readonly bar = element("progress", { max: 1, hidden: true, "aria-label": "Saving" });
  private readonly message = element("span", { class: "message", role: "status" });
  private abort: AbortController | null = null;
  private shape: Shape = "path";
  /** A path and a grid are each saved as what was chosen for them: there is no film of a grid. */
  private readonly formats: Record<Shape, Format>;
  private wanted = 256;
  private laid = 0;

  /**
   * @param films which of them can be written; null for none
   * @param onSave makes and hands over what is wanted; says what is to be known of it
   */
  constructor(
    private readonly films: Pick<FilmWriter, "formats" | "refusal"> | null,
    private readonly onSave: (wish: TakeAwayWish, onStep: (step: Step) => void, signal: AbortSignal) => Promise<string>,
    signal: AbortSignal,
  ) {
    this.formats = { path: films ? "gif" : "png", grid: "png" };
    this.format = new Select("Save as", FORMATS.filter(({ value }) => !isFilm(value) || films?.formats.includes(value)), (value) => {
      this.formats[this.shape] = value as Format;
      this.arrange();
    });
    this.side = new Select("Size", SIZES.map((side) => ({ value: String(side), label: `${side} px` })), (value) => (this.wanted = Number(value)));
    this.side.value = String(this.wanted);
    this.framesLabel = element("label", { class: "select" }, element("span", {}, "Frames"), this.frames);
    this.save = textButton("Save", "Make the file and hand it over", () => void this.make());
    this.cancel = textButton("Cancel", "Stop making the file", () => this.abort?.abort());
    this.cancel.hidden = true;
    this.root = element("div", { class: "take-away actions", role: "group", "aria-label": "Take it away" }, this.format.root, this.side.root, this.framesLabel, this.save, this.bar, this.cancel, this.message);
    signal.addEventListener("abort", () => this.abort?.abort(), { once: true });
    this.arrange();
  }

  show(shape: Shape, frames: number): void {
    this.shape = shape;
    // A number that was typed for the film stays until the path itself has another.
    if (frames !== this.laid) this.frames.value = String(frames);
    this.laid = frames;
    this.arrange();
  }

  private get chosen(): Format {
    return this.formats[this.shape];
  }

  private arrange(): void {
    const refusal = isFilm(this.chosen) ? this.refusal(this.chosen) : null;
    setText(this.message, refusal ?? "");
    this.save.disabled = refusal !== null || this.abort !== null;
    this.format.value = this.chosen;
    this.side.root.hidden = this.chosen === "csv";
    this.framesLabel.hidden = this.shape === "grid";
  }

  private refusal(film: Format): string | null {
    if (this.shape === "grid") return "A grid is saved as a picture or as numbers.";
    return this.films?.refusal(film) ?? null;
  }

  private async make(): Promise<void> {
    const frames = Number(this.frames.value);
    if (!Number.isInteger(frames) || frames < FRAMES.least || frames > FRAMES.most) {
      setText(this.message, `The number of frames is a whole one from ${FRAMES.least} to ${FRAMES.most}.`);
      this.frames.focus();
      return;
    }
    const abort = (this.abort = new AbortController());
    this.bar.removeAttribute("value");
    this.bar.hidden = this.cancel.hidden = false;
    if (this.save.matches(":focus")) this.cancel.focus();
    this.save.disabled = true;
    setText(this.message, "");
    try {
      const words = await this.onSave({ format: this.chosen, side: this.wanted, frames }, (step) => this.progress(step), abort.signal);
      setText(this.message, `Saved. ${words}`.trim());
    } catch (error) {
      setText(this.message, abort.signal.aborted ? "Stopped; nothing was saved." : Failure.from(error, "It could not be saved.").message);
    } finally {
      this.abort = null;
      this.save.disabled = false;
      this.bar.hidden = true;
      setHidden(this.cancel, true, () => this.save);
    }
  }

  private progress({ stage, done, total }: Step): void {
    this.bar.value = total > 0 ? done / total : 0;
    setText(this.message, stage === "film" ? `Writing frame ${done + 1} of ${total}` : stage);
  }
}

import type { Manifest } from "../model/manifest";
import { tellsMeanAlone } from "../model/pointWords";
import { textButton } from "../page/controls";
import { element, setText } from "../page/dom";
import { allow } from "../page/focus";
import { Failure } from "../base/failure";
import { signed } from "../base/signed";
import { ImageCanvas } from "../page/image";
import { Pad, padColours } from "./pad";
import { readPicture } from "./picture";
import type { Picture } from "./trainingPixels";

export const WITHOUT_ENCODER = "This model came without an encoder: nobody can tell where a picture of yours belongs. Bring it again together with its encoder.";

/** Of explorer files from before encoders told all of a full covariance. */
const VARIANCES_ALONE = "of this model's posterior, whose covariance is full, its files have the variances alone.";

export interface OwnImageHandlers {
  /** A picture as it came; `ended` unless a stroke is still being drawn. */
  onPicture(picture: Picture, ended: boolean, name: string): void;
  /** There is no picture any more: the pad has been wiped. */
  onNone(): void;
  onPin(): void;
  onSample(): void;
}

/** What the model makes of the picture. */
export interface OwnImageResult {
  readonly input: Float32Array;
  readonly reconstruction: Float32Array;
  /** Nats; null while it is being computed. */
  readonly elbo: number | null;
  /** Null where the model's files do not tell its posterior. */
  readonly kl: number | null;
}

/** A pad to draw on, and the ways to bring a picture: choose, drop, paste. */
export class OwnImagePanel {
  readonly root: HTMLElement;
  private readonly pad: Pad;
  private readonly file = element("input", { type: "file", accept: "image/*", class: "unseen", tabindex: -1, "aria-label": "Choose a picture" });
  private readonly input: ImageCanvas;
  private readonly reconstruction: ImageCanvas;
  private readonly figures = element("p", {
    class: "muted",
    title: "ELBO: the log-likelihood that the model gives the image, averaged over its posterior, less the KL. KL: how far the posterior is from the prior, in nats. The higher the ELBO, the better the model knows the image.",
  });
  private readonly message = element("p", { class: "message", role: "alert" });
  private readonly sample: HTMLButtonElement;
  private readonly result: HTMLElement;
  /** Counts what was drawn, brought and wiped away: a picture that is read slowly comes too late for what follows it. */
  private turn = 0;
  /** The turn of the last one that could not be read. */
  private refused = -1;

  constructor(
    private readonly manifest: Manifest,
    private readonly handlers: OwnImageHandlers,
    signal: AbortSignal,
  ) {
    const { image_size, channels } = manifest.model;
    const { ground, ink } = padColours(manifest);
    this.pad = new Pad(ground, ink, (ended) => this.drawn(ended), signal);
    this.input = new ImageCanvas(image_size, channels, "", "Your image as the model sees it");
    this.reconstruction = new ImageCanvas(image_size, channels, "", "Its reconstruction");
    this.file.addEventListener("change", () => {
      const [chosen] = this.file.files ?? [];
      this.file.value = "";
      if (chosen) void this.take(chosen);
    });
    this.sample = textButton("Sample", "A draw from its posterior q(z|x)", () => handlers.onSample());
    const figure = (canvas: HTMLCanvasElement, caption: string): HTMLElement => element("figure", {}, canvas, element("figcaption", {}, caption));
    this.result = element(
      "div",
      { class: "own-result", hidden: true },
      element("div", { class: "pair" }, figure(this.input.canvas, "as the model sees it"), figure(this.reconstruction.canvas, "reconstruction")),
      this.figures,
      element(
        "div",
        { class: "actions" },
        textButton("Pin", "Keep it in the tray", () => handlers.onPin()),
        tellsMeanAlone(manifest) ? "" : this.sample,
      ),
    );
    if (!manifest.files.encoder) {
      this.root = element("section", { class: "own" }, element("p", { class: "muted" }, WITHOUT_ENCODER));
      return;
    }
    this.root = element(
      "section",
      { class: "own" },
      element(
        "div",
        { class: "bring" },
        this.pad.canvas,
        element(
          "div",
          {},
          element("p", { class: "muted" }, "Draw here, or drop or paste a picture anywhere."),
          element(
            "div",
            { class: "actions" },
            textButton("Choose a picture…", "A PNG, JPEG, WebP or GIF file; it stays in this browser", () => this.file.click()),
            textButton("Clear", "Wipe the pad", () => this.clear()),
          ),
          channels === 3 ? this.colours(ink) : "",
        ),
      ),
      this.file,
      this.message,
      this.result,
    );
  }

  /** What is on the pad, for `redraw`. */
  get drawing(): Pad["drawing"] {
    return this.pad.drawing;
  }

  /** Puts a drawing on the pad, to be gone on with: nothing is made of it yet. */
  redraw(drawing: unknown): void {
    this.pad.redraw(drawing);
  }

  /** A file that was chosen, dropped or pasted. */
  async take(file: File): Promise<void> {
    if (!this.manifest.files.encoder) return;
    const turn = ++this.turn;
    try {
      const picture = await readPicture(file, this.manifest.data.whole_levels);
      if (turn !== this.turn) return;
      // What was drawn before is no longer what is judged.
      this.pad.clear();
      this.handlers.onPicture(picture, true, file.name || "pasted");
    } catch (error) {
      if (turn !== this.turn) return;
      // What is refused takes the place of nothing: the words stay, and so does what there is.
      this.refused = turn;
      setText(this.message, Failure.from(error, "The picture cannot be used.").message);
    }
  }

  show({ input, reconstruction, elbo, kl }: OwnImageResult): void {
    if (this.refused !== this.turn) this.say("");
    this.result.hidden = false;
    this.input.show(input);
    this.reconstruction.show(reconstruction);
    if (tellsMeanAlone(this.manifest)) {
      setText(this.figures, "No ELBO: the encoder tells no variance.");
      return;
    }
    allow(this.sample, kl !== null);
    if (this.manifest.model.likelihood === "unknown") {
      setText(this.figures, "No ELBO: nobody has said which likelihood this model was trained with.");
      return;
    }
    if (kl === null) {
      setText(this.figures, `No ELBO: ${VARIANCES_ALONE} Make its map anew to have it, and to draw from it.`);
      return;
    }
    const bound = elbo === null ? "ELBO …" : `ELBO ${signed(elbo.toFixed(1))} nats`;
    setText(this.figures, `${bound}, of which KL ${signed(kl.toFixed(1))}`);
  }

  /** What was wrong with the picture, whose result there is none, or nothing. */
  say(message: string): void {
    setText(this.message, message);
    if (message !== "") this.result.hidden = true;
  }

  private colours(ink: string): HTMLElement {
    const chosen = element("input", { type: "color", value: ink, "aria-label": "Colour to draw with" });
    chosen.addEventListener("input", () => {
      this.pad.ink = chosen.value;
    });
    const fill = textButton("Fill", "Cover the pad with this colour", () => {
      this.pad.fill(chosen.value);
      this.drawn(true);
    });
    return element("div", { class: "actions" }, chosen, fill);
  }

  private drawn(ended: boolean): void {
    this.turn++;
    this.handlers.onPicture(this.pad.picture(), ended, "drawing");
  }

  private clear(): void {
    this.turn++;
    this.pad.clear();
    this.result.hidden = true;
    this.say("");
    this.handlers.onNone();
  }
}
